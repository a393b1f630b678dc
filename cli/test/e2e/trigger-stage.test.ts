// `trigger` and `invoke --stage`: a stage that is deployed elsewhere, here in an embedded cloud of the test's own, and
// served from a second livectl; then services that refuse.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { Directory } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import type { Cloud } from '../../src/cloud/cloud.ts';
import { startCloud } from '../../src/cloud/start-cloud.ts';
import { triggersSchema } from '../../src/manifest/trigger-schema.ts';
import { developerEnvironment } from './developer-environment.ts';
import { Livectl, project, type Ran, repository, runLivectl } from './livectl-process.ts';
import { manifestItem } from './stage-manifest-item.ts';

const stage = 'dev-tom';
let folder: string;
let root: string;
let remove: () => void;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'livectl-trigger-'));
  ({ remove, root } = project({
    'app.mjs': `export const handler = async (event) => {
      console.log('heard', event.Records?.[0].Sns.Message ?? event.id);
      if (event.id === 'bad') throw new RangeError('too bad');
      return event;
    };`,
  }));
});

afterAll(() => {
  remove();
  rmSync(folder, { recursive: true, force: true });
});

function livectl(args: readonly string[], env: Record<string, string>): Promise<Ran> {
  const more = {
    XDG_STATE_HOME: folder,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  return runLivectl([...args, '--stage', stage], { env: { ...more, ...env }, cwd: root });
}

describe('a stage that is served from this machine', () => {
  let cloud: Cloud;
  let http: HttpClient;
  let env: Record<string, string>;

  beforeAll(async () => {
    cloud = await startCloud({
      functions: [
        {
          name: 'worker',
          handler: 'app.handler',
          runtime: 'nodejs20.x',
          timeout: 5,
          memorySize: 128,
          environment: {},
          triggers: v.parse(triggersSchema, { sns: {} }),
        },
      ],
      port: 0,
      stage,
      stubZip: readFileSync(join(repository, 'dist/stub.zip')),
      nodeRuntimeFile: join(repository, 'dist/node-runtime.mjs'),
      tempDir: folder,
      onEvent: () => undefined,
    });
    http = new HttpClient();
    env = developerEnvironment(cloud);
    const directory = new Directory({
      endpoint: cloud.directoryUrl,
      region: cloud.region,
      tableName: cloud.tableName,
      http,
      credentials: () => cloud.deployerCredentials,
      clock: systemClock,
    });
    const triggers = { worker: cloud.triggerTargets.get('worker') ?? {} };
    await directory.call('PutItem', { Item: manifestItem(stage, cloud.relayUrl, triggers) });
  });

  afterAll(async () => {
    http.close();
    await cloud.close();
  });

  test('its outcome is shown with its ids; if nobody serves, that is reported', async () => {
    const args = ['serve', '--stage', stage, '--root', root, '--format', 'json'];
    const serve = new Livectl(args, { env: { ...env, XDG_STATE_HOME: folder } });
    await serve.event('ready');
    const sns = await livectl(['trigger', 'worker', '--message', 'tea', '--format', 'json'], env);
    expect(JSON.parse(sns.stdout)).toMatchObject({
      source: 'sns',
      invocation: { logs: [{ message: 'heard tea' }], result: { ok: true } },
    });
    const invoked = await livectl(['invoke', 'worker', '--event', '{"id":"7"}'], env);
    expect(invoked).toMatchObject({ code: 0, stdout: '{"id":"7"}' });
    expect(invoked.stderr).toContain('heard 7');
    const bad = await livectl(['invoke', 'worker', '--event', '{"id":"bad"}'], env);
    expect(bad.stderr).toMatch(/RangeError: too bad/);
    expect(bad.code).toBe(1);
    expect(await serve.stop()).toBe(0);
    await serve.dispose();

    const unseen = await livectl(['trigger', 'worker', '--message', 'tea'], env);
    expect(unseen.stdout).toMatch(
      /message_id \S+\n.*nobody is serving worker of stage dev-tom.*run: livectl serve --stage dev-tom/,
    );
    expect(unseen.code).toBe(0);
    const failed = await livectl(['invoke', 'worker'], env);
    expect(failed.stderr).toMatch(/^LiveDebugNoClientError: .*livectl serve --stage dev-tom\n$/);
    expect(failed.code).toBe(1);
    const json = await livectl(['trigger', 'worker', '--message', 'tea', '--format', 'json'], env);
    expect(JSON.parse(json.stdout)).toMatchObject({ served_by: null, invocation: null });
  });
});

describe('a service that refuses', () => {
  const account = 'eu-west-1:123456789012';
  const targets = {
    http: { url: 'https://api.example/orders' },
    sns: { topic_arn: `arn:aws:sns:${account}:orders` },
    sqs: {
      queue_url: 'https://sqs.eu-west-1.amazonaws.com/123456789012/orders',
      queue_arn: `arn:aws:sqs:${account}:orders`,
    },
    eventbridge: {
      event_bus_name: 'orders',
      event_pattern: '{"source":["a"],"detail-type":["b"]}',
      rule_arn: `arn:aws:events:${account}:rule/orders/orders`,
    },
    schedule: {
      schedule_expression: 'rate(1 day)',
      rule_arn: `arn:aws:events:${account}:rule/daily`,
    },
    s3: { bucket: 'orders' },
    dynamodb: {
      table_name: 'orders',
      stream_arn: `arn:aws:dynamodb:${account}:table/orders/stream/2026-01-01T00:00:00.000`,
      hash_key: 'id',
    },
    kinesis: { stream_name: 'orders', stream_arn: `arn:aws:kinesis:${account}:stream/orders` },
  };
  const who = 'User: arn:aws:iam::123456789012:user/tom is not authorized to perform:';
  const because = 'because no identity-based policy allows it';
  let server: Server;
  let env: Record<string, string>;
  /** The service's name in the signature's scope, to what it answers. */
  let answers: Record<string, { status: number; headers?: Record<string, string>; body: string }>;

  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume();
      request.on('end', () => {
        const answer = isDirectory(request)
          ? {
              status: 200,
              body: JSON.stringify({
                Item: manifestItem(stage, 'wss://relay.example/live', { worker: targets }),
              }),
            }
          : answers[serviceOf(request)];
        response.writeHead(answer?.status ?? 404, answer?.headers);
        response.end(answer?.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    env = {
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    };
  });

  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  function serviceOf({ headers }: IncomingMessage): string {
    return /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? '';
  }

  function isDirectory(request: IncomingMessage): boolean {
    return request.headers['x-amz-target'] === 'DynamoDB_20120810.GetItem';
  }

  const json = (status: number, type: string, message: string) => ({
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': type },
    body: JSON.stringify({ __type: type, message, Message: message }),
  });
  const xml = (status: number, body: string) => ({
    status,
    headers: { 'content-type': 'text/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  });

  // As AWS words it: docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html, and each API's errors.
  const refusals: readonly (readonly [
    source: string,
    flags: readonly string[],
    action: string,
    resource: string,
    service: string,
    answer: { status: number; headers: Record<string, string>; body: string },
  ])[] = [
    [
      'sns',
      ['--message', 'x'],
      'sns:Publish',
      targets.sns.topic_arn,
      'sns',
      xml(
        403,
        `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>${who} SNS:Publish on resource: ${targets.sns.topic_arn} ${because}</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
      ),
    ],
    [
      'sqs',
      ['--body', 'x'],
      'sqs:SendMessage',
      targets.sqs.queue_arn,
      'sqs',
      json(403, 'com.amazon.coral.service#AccessDeniedException', `${who} sqs:sendmessage ${because}`),
    ],
    [
      'eventbridge',
      ['--detail', '{}'],
      'events:PutEvents',
      `arn:aws:events:${account}:event-bus/orders`,
      'events',
      json(400, 'AccessDeniedException', `${who} events:PutEvents ${because}`),
    ],
    [
      's3',
      ['--text', 'x', '--key', 'k'],
      's3:PutObject',
      'arn:aws:s3:::orders/k',
      's3',
      xml(
        403,
        '<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>1</RequestId></Error>',
      ),
    ],
    [
      'dynamodb',
      ['--item', '{"id":"1"}'],
      'dynamodb:PutItem',
      `arn:aws:dynamodb:${account}:table/orders`,
      'dynamodb',
      json(400, 'com.amazon.coral.service#AccessDeniedException', `${who} dynamodb:PutItem ${because}`),
    ],
    [
      'kinesis',
      ['--data', 'x'],
      'kinesis:PutRecord',
      targets.kinesis.stream_arn,
      'kinesis',
      json(400, 'AccessDeniedException', `${who} kinesis:PutRecord ${because}`),
    ],
    [
      'schedule',
      [],
      'lambda:InvokeFunction',
      'worker',
      'lambda',
      json(403, 'AccessDeniedException', `${who} lambda:InvokeFunction ${because}`),
    ],
  ];

  test.each(refusals)(
    '%s: a missing permission',
    async (source, flags, action, resource, service, answer) => {
      answers = { [service]: answer };
      const { code, stderr, stdout } = await livectl(['trigger', source, 'worker', ...flags], env);
      expect(stderr).toContain(`AWS refuses ${action} on ${resource}: `);
      expect(stderr).toContain(`allow ${action} on ${resource} for that principal`);
      expect(stdout).toBe('');
      expect(code).toBe(2);
    },
  );

  test('credentials that have expired, and a wrong clock', async () => {
    answers = {
      kinesis: json(400, 'ExpiredTokenException', 'The security token included in the request is expired'),
    };
    const expired = await livectl(['trigger', 'kinesis', 'worker', '--data', 'x'], env);
    expect(expired.stderr).toMatch(/AWS does not accept the credentials: .*\n.*aws sso login/);
    const skewed = 'Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z';
    answers = { kinesis: json(400, 'InvalidSignatureException', skewed) };
    const clock = await livectl(['trigger', 'kinesis', 'worker', '--data', 'x'], env);
    expect(clock.stderr).toMatch(/this machine’s clock differs from AWS’s by minutes/);
    expect([expired.code, clock.code]).toEqual([2, 2]);
  });

  test('an entry that EventBridge did not take', async () => {
    const body = {
      FailedEntryCount: 1,
      Entries: [{ ErrorCode: 'InternalFailure', ErrorMessage: 'try later' }],
    };
    answers = { events: { status: 200, body: JSON.stringify(body) } };
    const { code, stderr } = await livectl(['trigger', 'eventbridge', 'worker', '--detail', '{}'], env);
    expect(stderr).toMatch(/EventBridge refused the event for bus orders: InternalFailure: try later/);
    expect(code).toBe(1);
  });

  test('goes through a proxy where one is set', async () => {
    const tunnels: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, client) => {
      tunnels.push(request.url ?? '');
      const upstream = connect(Number(new URL(env.AWS_ENDPOINT_URL ?? '').port), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        upstream.pipe(client).pipe(upstream);
      });
      upstream.on('error', () => client.destroy());
      client.on('error', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const md5 = createHash('md5').update('x').digest('hex');
    answers = {
      sqs: { status: 200, body: JSON.stringify({ MessageId: 'm-1', MD5OfMessageBody: md5 }) },
    };
    const { stderr, stdout } = await livectl(['trigger', 'sqs', 'worker', '--body', 'x', '--no-wait'], {
      ...env,
      AWS_ENDPOINT_URL_SQS: 'http://sqs.example:8080',
      HTTP_PROXY: proxyUrl,
      http_proxy: proxyUrl,
      NO_PROXY: '',
      no_proxy: '',
    });
    expect(stderr).toBe('');
    expect(stdout).toContain('message_id m-1');
    expect(new Set(tunnels)).toEqual(new Set([new URL(env.AWS_ENDPOINT_URL ?? '').host, 'sqs.example:8080']));
    proxy.close();
    proxy.closeAllConnections();
  });

  test('no server at the endpoint', async () => {
    const nowhere = { ...env, AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9' };
    const { code, stderr } = await livectl(['trigger', 'sqs', 'worker', '--body', 'x'], nowhere);
    expect(stderr).toMatch(/sqs:SendMessage on .*orders got no answer: .*ECONNREFUSED/);
    expect(code).toBe(1);
  });
});
