// `livectl doctor --stage` against APIs that refuse: each thing that is wrong is one failure, with what to do; nothing is published.
import { join } from 'node:path';
import { afterEach, describe, expect, it, test } from 'vitest';
import { runDoctor } from './doctor-run.ts';
import {
  account,
  callerArn,
  type FakeAnswer,
  FakeAws,
  forbidden,
  json,
  refused,
  region,
  simulated,
  xmlRefused,
} from './fake-aws.ts';
import { project } from './livectl-process.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

const stubSha = 'c3R1Yg==';
// Nothing listens there: the check of the relay is another test's.
const relay = 'http://127.0.0.1:9/live';
const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${account}:${rest}`;

function entry(name: string, more: object = {}) {
  const common = { runtime: 'nodejs22.x', timeout: 10, memory_size: 256 };
  return { function_name: `fn-${name}`, handler: `${name}.handler`, ...common, ...more };
}

function document(functions: Record<string, object>, more: object = {}) {
  return { version: 1, relay: { url: relay }, stub: { code_sha256: stubSha }, functions, ...more };
}

/** As Lambda answers for a complete stub. */
function configuration(name: string, more: object = {}, variables: Record<string, string> = {}): FakeAnswer {
  const Variables = {
    LIVE_DEBUG_STAGE: 'dev',
    LIVE_DEBUG_FUNCTION: name,
    LIVE_DEBUG_TABLE: 'live-debug-dev',
    LIVE_DEBUG_RELAY: relay,
    ...variables,
  };
  const stub = { CodeSha256: stubSha, Handler: 'index.handler', Runtime: 'nodejs22.x' };
  return json(200, { ...stub, LastUpdateStatus: 'Successful', Environment: { Variables }, ...more });
}

const named = (resource: string) => resource.replace('fn-', '');

async function aws(
  functions: object,
  answer: (action: string, resource: string, fields: Readonly<Record<string, unknown>>) => FakeAnswer | null,
): Promise<FakeAws> {
  const fake = await FakeAws.start(functions, ({ action, fields, resource }, usual) => {
    const own = answer(action, resource, fields);
    if (own !== null) return own;
    return action === 'lambda:GetFunctionConfiguration' ? configuration(named(resource)) : usual();
  });
  cleanups.push(() => fake.close());
  return fake;
}

function folder(files: Readonly<Record<string, string>> = {}): string {
  const { remove, root } = project(files);
  cleanups.push(remove);
  return root;
}

/** The failures except that of the relay, which is not there. */
async function doctor(fake: FakeAws, env: Record<string, string> = {}, ...flags: string[]) {
  const found = await runDoctor(['--stage', 'dev', '--root', folder(), ...flags], { ...fake.env, ...env });
  return { ...found, fails: found.fails.filter((each) => !each.startsWith('relay: ')) };
}

const shop = document(
  {
    orders: entry('orders', {
      triggers: {
        http: {
          url: `https://abc.execute-api.${region}.amazonaws.com/o`,
          path: '/o',
          authorization_type: 'AWS_IAM',
        },
        sns: { topic_arn: arn('sns', 'orders') },
        sqs: { queue_url: 'https://sqs/orders', queue_arn: arn('sqs', 'orders') },
        s3: { bucket: 'orders', filter_prefix: 'in/', filter_suffix: '.csv' },
      },
    }),
    stock: entry('stock', {
      qualifier: 'live',
      triggers: {
        eventbridge: { event_bus_name: 'default', event_pattern: '{}' },
        kinesis: { stream_name: 'stock', stream_arn: arn('kinesis', 'stream/stock') },
        dynamodb: {
          table_name: 'stock',
          stream_arn: arn('dynamodb', 'table/stock/stream/2026-01-31T00:00:00.000'),
          hash_key: 'id',
          range_key: null,
        },
      },
    }),
    mail: entry('mail', {
      triggers: {
        function_url: { url: 'https://x.lambda-url.eu-west-1.on.aws/' },
        // An existing table, whose keys are not known.
        dynamodb: { table_name: 'mail', stream_arn: arn('dynamodb', 'table/mail/stream/x') },
      },
    }),
  },
  { tunnels: { default: { function_name: 'fn-tunnel', allow: ['10.0.0.0/8:*'] } } },
);

describe('permissions', () => {
  it('each of the developer policy is tried or simulated, for every function, and nothing is published', async () => {
    const fake = await aws(shop, () => null);
    const { fails, findings, warns } = await doctor(fake);
    expect(fails).toEqual([]);
    expect(warns.filter((each) => each.startsWith('permission'))).toEqual([]);
    const passed = findings.filter(({ check }) => check.startsWith('permission/'));
    expect(Object.fromEntries(passed.map(({ check, message }) => [check.slice(11), message]))).toEqual({
      'dynamodb:GetItem': 'allowed',
      'dynamodb:Query': 'allowed',
      'dynamodb:PutItem': 'allowed',
      'dynamodb:UpdateItem': 'allowed',
      'dynamodb:DeleteItem': 'allowed',
      'dynamodb:PutItem/sources': 'allowed on 2 sources',
      'lambda:GetFunctionConfiguration': 'allowed on 3 functions',
      'lambda:InvokeFunction': 'allowed on 4 functions',
      'lambda:InvokeFunctionUrl': 'allowed',
      'execute-api:Invoke': 'allowed',
      'sns:Publish': 'allowed',
      'sqs:SendMessage': 'allowed',
      'events:PutEvents': 'allowed',
      's3:PutObject': 'allowed',
      'kinesis:PutRecord': 'allowed',
    });
    const invoked = fake.requests.filter(({ action }) => action === 'lambda:InvokeFunction');
    expect(invoked.map(({ resource }) => resource).sort()).toEqual([
      ...['fn-mail', 'fn-orders', 'fn-stock', 'fn-tunnel'],
    ]);
    for (const { headers } of invoked) expect(headers['x-amz-invocation-type']).toBe('DryRun');
    for (const { action, fields } of fake.requests)
      if (/:(Put|Update|Delete)Item$/.test(action))
        expect(fields.ConditionExpression).toBe('attribute_exists(#key) AND attribute_not_exists(#key)');
    const simulations = fake.requests.filter(({ action }) => action === 'iam:SimulatePrincipalPolicy');
    const sources = simulations.map(({ fields }) => fields.PolicySourceArn);
    expect(new Set(sources)).toEqual(new Set([`arn:aws:iam::${account}:role/team/developer`]));
    expect(simulations.map(({ fields }) => fields['ResourceArns.member.1']).sort()).toEqual([
      arn('dynamodb', 'table/mail'),
      arn('events', 'event-bus/default'),
      arn('execute-api', 'abc/$default/GET/o'),
      arn('kinesis', 'stream/stock'),
      arn('lambda', 'function:fn-mail'),
      'arn:aws:s3:::orders/in/livectl-doctor.csv',
      arn('sns', 'orders'),
      arn('sqs', 'orders'),
    ]);
    const known = /^(sts:GetCallerIdentity|iam:|lambda:|dynamodb:(GetItem|Query|(Put|Update|Delete)Item) )/;
    expect(fake.asked.filter((each) => !known.test(each))).toEqual([]);
  });

  it('each refusal is one failure, with the action and the resource; what cannot be known is a warning', async () => {
    const fake = await aws(shop, (action, resource) => {
      if (action === 'lambda:GetFunctionConfiguration') return forbidden(action, resource);
      if (action === 'lambda:InvokeFunction' && resource === 'fn-stock') return forbidden(action, resource);
      if (action === 'dynamodb:UpdateItem')
        return refused('AccessDeniedException', `User: ${callerArn} is not authorized`);
      if (action === 'dynamodb:PutItem' && resource === 'stock')
        return refused('AccessDeniedException', `not authorized to perform: dynamodb:PutItem on table/stock`);
      if (action !== 'iam:SimulatePrincipalPolicy') return null;
      if (resource === 'sns:Publish') return simulated('implicitDeny');
      if (resource === 'sqs:SendMessage') return simulated('explicitDeny');
      return resource === 's3:PutObject' ? xmlRefused(403, 'AccessDenied', 'no') : null;
    });
    const { code, fails, find, findings, warns } = await doctor(fake);
    expect(code).toBe(1);
    expect(fails.map((each) => each.split(': ')[0]).sort()).toEqual([
      'permission/dynamodb:PutItem/sources',
      'permission/dynamodb:UpdateItem',
      'permission/lambda:GetFunctionConfiguration',
      'permission/lambda:InvokeFunction',
      'permission/sns:Publish',
      'permission/sqs:SendMessage',
    ]);
    const said = (action: string) => find(`permission/${action}`)?.message;
    expect(said('lambda:GetFunctionConfiguration')).toContain(
      `lambda:GetFunctionConfiguration on resource: ${arn('lambda', 'function:fn-orders')}`,
    );
    expect(said('lambda:GetFunctionConfiguration')).toContain('the same for 2 more functions');
    expect(said('lambda:InvokeFunction')).toContain(arn('lambda', 'function:fn-stock'));
    expect(said('sns:Publish')).toContain(`sns:Publish on ${arn('sns', 'orders')}`);
    expect(said('sqs:SendMessage')).toContain('a statement of your policies denies it');
    for (const { remedy, status } of findings) if (status === 'fail') expect(remedy).toMatch(/\S/);
    expect(find('permission/sns:Publish')?.remedy).toContain('developer_policy_json');
    // No configuration could be read, which is said once, and not as a failure of what is deployed.
    expect(warns).toContain(
      'deployed: not checked: fn-orders, fn-stock, fn-mail: see "permission/lambda:GetFunctionConfiguration"',
    );
    expect(warns).toContain(
      'permission/s3:PutObject: not tried: publishing has no dry run, and iam:SimulatePrincipalPolicy is refused to you',
    );
    expect(find('permission/s3:PutObject')?.remedy).toContain('livectl trigger s3 orders --stage dev');
  });
});

describe('credentials that AWS does not accept are one failure', () => {
  it('an expired session: the table, the relay and the rest are not checked', async () => {
    const fake = await aws(shop, (action) => {
      if (action.startsWith('sts')) return xmlRefused(403, 'ExpiredToken', 'The security token is expired');
      return action.startsWith('dynamodb') ? refused('ExpiredTokenException', 'expired') : null;
    });
    const { fails, find, warns } = await doctor(fake);
    expect(fails).toEqual([
      'credentials: AWS does not accept the credentials: ExpiredToken: The security token is expired',
    ]);
    expect(find('credentials')?.remedy).toContain('set new keys in AWS_ACCESS_KEY_ID');
    expect(warns).toContain('table: not checked: see "credentials"');
    expect(warns).toContain('permission: not checked: see "credentials"');
  });

  it('also if STS says nothing', async () => {
    const fake = await aws(shop, (action) => {
      if (action.startsWith('sts')) return xmlRefused(503, 'ServiceUnavailable', 'not now');
      return action.startsWith('dynamodb') ? refused('ExpiredTokenException', 'expired') : null;
    });
    const { code, fails } = await doctor(fake);
    expect(code).toBe(1);
    expect(fails).toEqual([
      expect.stringMatching(/^table: AWS does not accept the credentials: .*ExpiredTokenException: expired$/),
    ]);
  });

  it('a program that gives none', async () => {
    const config = '[profile slow]\nregion = eu-west-1\ncredential_process = sleep 60\n';
    const home = folder({ config });
    const fake = await aws(shop, () => null);
    const env = {
      HOME: home,
      AWS_CONFIG_FILE: join(home, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
    };
    const { fails, warns } = await doctor(fake, env, '--profile', 'slow', '--timeout', '1');
    expect(fails).toEqual(['credentials: no AWS credentials within 0.8 s']);
    expect(warns).toContain('relay: not checked: see "credentials"');
  });

  it('an expired login of IAM Identity Center: the remedy names the profile', async () => {
    const home = folder({
      config: [
        '[profile corp]',
        'sso_session = corp',
        'sso_account_id = 123456789012',
        'sso_role_name = developer',
        'region = eu-west-1',
        '[sso-session corp]',
        'sso_start_url = https://corp.awsapps.com/start',
        'sso_region = eu-west-1',
        '[profile work]',
        'source_profile = corp',
        'role_arn = arn:aws:iam::123456789012:role/developer',
      ].join('\n'),
    });
    const fake = await aws(shop, () => null);
    const env = {
      HOME: home,
      AWS_CONFIG_FILE: join(home, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
    };
    const { fails, find } = await doctor(fake, env, '--profile', 'corp');
    expect(fails).toEqual([expect.stringMatching(/^credentials: no AWS credentials for profile corp: /)]);
    expect(find('credentials')?.remedy).toBe('run: aws sso login --profile corp');
    const typo = await doctor(fake, env, '--profile', 'crop');
    expect(typo.find('credentials')?.remedy).toBe('there is no profile crop; --profile can name: corp, work');
  });
});

test('STS that never answers is a warning, since livectl works without it', async () => {
  const fake = await aws(shop, (action) => (action.startsWith('sts') ? undefined : null));
  const { fails, warns } = await doctor(fake, {}, '--timeout', '2');
  expect(fails).toEqual([]);
  expect(warns).toContain(
    'permission/sns:Publish: not tried: publishing has no dry run, and the emulator has no policies that could be simulated',
  );
});

test('a clock that is 10 minutes off is one failure, also where AWS refuses the signature', async () => {
  const date = new Date(Date.now() + 600_000).toUTCString();
  const words = `Signature expired: 20261127T160000Z is now earlier than 20261127T160500Z`;
  const fake = await aws(shop, (action) => {
    const answer = action.startsWith('sts')
      ? xmlRefused(403, 'SignatureDoesNotMatch', words)
      : action.startsWith('dynamodb')
        ? refused('InvalidSignatureException', words)
        : null;
    return answer && { ...answer, headers: { date } };
  });
  const { fails, warns } = await doctor(fake);
  expect(fails).toEqual([
    expect.stringMatching(/^clock: this machine’s clock is 10 min behind AWS’s \(\d{4}-.*Z here\)$/),
  ]);
  expect(warns).toContain('credentials: not checked: see "clock"');
});

test('a mistyped stage is one failure, with the stage that was meant', async () => {
  const fake = await aws(shop, (action) => {
    if (action === 'dynamodb:ListTables')
      return json(200, { TableNames: ['live-debug-dev-ada', 'live-debug-dev-tom', 'live-debug2'] });
    return action === 'dynamodb:GetItem' ? refused('ResourceNotFoundException', 'not found') : null;
  });
  const { fails, findings } = await runDoctor(['--stage', 'dev-tmo', '--root', folder()], fake.env);
  expect(fails).toEqual([
    'table: there is no table live-debug-dev-tmo in eu-west-1 of this AWS account; did you mean --stage dev-tom?',
  ]);
  expect(findings.find(({ check }) => check === 'table')?.remedy).toMatch(/^pass --stage dev-tom, or apply/);
});

test('with the developer policy of another stage, a mistyped one is compared with the Terraform files', async () => {
  const fake = await aws(shop, (action) =>
    action === 'dynamodb:GetItem' || action === 'dynamodb:ListTables'
      ? refused('AccessDeniedException', `User: ${callerArn} is not authorized to perform: ${action}`)
      : null,
  );
  const root = folder({ 'main.tf': 'module "live_debug" {\n  stage = "dev-tom"\n}\n' });
  const { fails } = await runDoctor(['--stage', 'dev-tmo', '--root', root], fake.env);
  expect(fails).toEqual([
    expect.stringMatching(/^table: .*dynamodb:GetItem; did you mean --stage dev-tom\?$/),
  ]);
});

test('what is deployed: a stub or wrapper left behind, an older stub, an apply that failed half-way', async () => {
  const layer = arn('lambda', 'layer:live-debug-dev-wrapper');
  const names = [
    'good',
    'old',
    'own',
    'half',
    'failed',
    'left',
    'elsewhere',
    'gone',
    'wrapped',
    'unwrapped',
    'oldlayer',
  ];
  const functions = Object.fromEntries(
    names.map((name) => [name, entry(name, /wrapped|layer/.test(name) ? { mode: 'wrap' } : {})]),
  );
  const wrapping = { AWS_LAMBDA_EXEC_WRAPPER: '/opt/live-debug', LIVE_DEBUG_SECRET: 's' };
  const own = { CodeSha256: 'b3du', Handler: 'app.handler' };
  const answers: Record<string, FakeAnswer> = {
    // The variables of the stub, and the stub of an earlier module.
    old: configuration('old', { CodeSha256: 'b2xk' }),
    own: json(200, { ...own, Runtime: 'nodejs22.x', LastUpdateStatus: 'Successful' }),
    // The code was replaced, the configuration was not.
    half: json(200, { CodeSha256: stubSha, Handler: 'app.handler', Runtime: 'nodejs22.x' }),
    failed: configuration('failed', {
      ...own,
      LastUpdateStatus: 'Failed',
      LastUpdateStatusReason: 'The role cannot be assumed',
    }),
    // The stage replaces it, and the wrapper of earlier is still there.
    left: configuration('left', { ...own, Layers: [{ Arn: `${layer}:7` }] }, wrapping),
    elsewhere: configuration(
      'elsewhere',
      {},
      { LIVE_DEBUG_STAGE: 'ada', LIVE_DEBUG_RELAY: 'https://gone/live' },
    ),
    gone: json(404, { Message: 'Function not found: x' }),
    wrapped: configuration('wrapped', { ...own, Layers: [{ Arn: `${layer}:7` }] }, wrapping),
    unwrapped: configuration('unwrapped', { ...own, Layers: [{ Arn: `${layer}:7` }] }),
    oldlayer: configuration('oldlayer', { ...own, Layers: [{ Arn: `${layer}:6` }] }, wrapping),
  };
  const fake = await aws(document(functions, { wrapper: { layer_arn: `${layer}:7` } }), (action, resource) =>
    action === 'lambda:GetFunctionConfiguration' ? (answers[named(resource)] ?? null) : null,
  );
  const { fails, find, findings } = await doctor(fake);
  const said = Object.fromEntries(
    findings
      .filter(({ check }) => check.startsWith('deployed/'))
      .map(({ check, message, status }) => [check.slice('deployed/fn-'.length), `${status}: ${message}`]),
  );
  expect(said).toEqual({
    old: expect.stringMatching(
      /^fail: .*its package is not the stub’s, although it has the stub’s variables/,
    ),
    own: expect.stringMatching(/^fail: it is not live: its own package runs/),
    half: expect.stringMatching(/^fail: it is half changed .*these variables are missing: LIVE_DEBUG_STAGE/),
    failed: expect.stringMatching(/^fail: .*its last update failed: The role cannot be assumed/),
    left: expect.stringMatching(/^fail: .*it is wrapped, and the stage replaces it/),
    elsewhere: expect.stringMatching(
      /^fail: .*its LIVE_DEBUG_STAGE is "ada".*LIVE_DEBUG_RELAY is "https:\/\/gone/,
    ),
    gone: expect.stringMatching(/^fail: it is missing/),
    unwrapped: expect.stringMatching(/^fail: .*AWS_LAMBDA_EXEC_WRAPPER is not set/),
    oldlayer: expect.stringMatching(/^fail: .*its layer of the wrapper is .*:6, and the stage’s .*:7/),
  });
  expect(find('deployed')?.message).toBe('as the stage says: fn-good, fn-wrapped');
  expect(fails).toHaveLength(9);
});

test('sources and builds are those of the stage’s manifest, if there is no livectl.json', async () => {
  const functions = {
    hello: entry('hello'),
    typo: entry('typo'),
    tool: entry('tool', { runtime: 'provided.al2023', command: ['./tool'] }),
  };
  const root = folder({
    'hello.ts': 'export const handler = async () => 1;',
    'typo.ts': 'export const handlr = async () => 1;',
    tool: '',
  });
  const fake = await aws(document(functions), () => null);
  const { fails, find, warns } = await runDoctor(['--stage', 'dev', '--root', root], fake.env);
  expect(find('build/hello')?.status).toBe('pass');
  expect(fails.filter((each) => !each.startsWith('relay'))).toEqual([
    expect.stringMatching(/^build\/typo: .*handlr/),
  ]);
  expect(find('build/typo')?.remedy).toContain('Terraform');
  expect(warns).toContain('runtime/tool: tool may not start programs on this machine yet: command');
  // Another project's folder, or none.
  const elsewhere = folder();
  const empty = await doctor(fake, {}, '--root', elsewhere);
  expect(empty.fails).toEqual([]);
  expect(empty.warns).toContainEqual(
    expect.stringMatching(/^build: not checked: the sources of hello, typo are not in /),
  );
});
