// Every trigger applied to an emulated account by the real provider: what is created, who may invoke, and that all is removed.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readManifest, start } from './account.ts';
import { noResources, overrideForQueues } from './moto.ts';
import { isAllowed } from './policy-evaluator.ts';
import { missingTool, moduleFolder, testBoundMs } from './terraform-cli.ts';

const skipped = missingTool('terraform', 'moto_server', 'python3');

type Statement = readonly [action: string, principal: string, condition: unknown];

/** What list-triggers.py prints. */
interface Account {
  readonly routes: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly authorization: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>>;
  readonly throttle: Readonly<Record<string, readonly unknown[]>>;
  readonly function_urls: Readonly<Record<string, readonly string[] | null>>;
  readonly statements: Readonly<Record<string, readonly Statement[]>>;
  readonly subscriptions: readonly (readonly (string | null)[])[];
  readonly rules: Readonly<Record<string, unknown>>;
  readonly notifications: Readonly<Record<string, unknown>>;
  readonly queues: Readonly<Record<string, unknown>>;
  readonly mappings: Readonly<Record<string, unknown>>;
}

const arn = (service: string, name: string) => `arn:aws:${service}:eu-west-1:123456789012:${name}`;
const made = 'live-debug-dev_tom-made';
const shares = 'live-debug-dev_tom-shares';
const given = 'live-debug-dev_tom-given';
/** The name of a made function's rule. */
const ruleName = (name: string) => name.replace('dev_tom-', 'dev_tom.');
const functionArn = (name: string) => arn('lambda', `function:${name}`);

describe.skipIf(skipped)(`triggers applied${skipped ? ` (${skipped})` : ''}`, () => {
  it.concurrent(
    'created, shared, existing and for your own function',
    async (context) => {
      const root = 'terraform/test/fixtures/triggers';
      const { moto, workspace, apply, outputs, expectEmptyPlan, destroy } = await start(root, context);
      writeFileSync(join(workspace.path(moduleFolder), 'moto_override.tf'), overrideForQueues);
      await apply();
      await expectEmptyPlan();

      const { targets } = await readManifest(moto, 'dev_tom');
      const at = (name: string) => targets.get(name) ?? expect.fail(`${name} has no targets`);
      const account = await moto.list<Account>('list-triggers.py');
      const { functions, roles } = await moto.resources();

      const uri = (name: string) =>
        `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${functionArn(name)}/invocations`;
      expect(account.routes).toEqual({
        'live-debug-dev_tom-http': {
          'ANY /made': uri(made),
          'ANY /made/{proxy+}': uri(made),
          'POST /orders/{id}': uri(shares),
          'ANY /own': uri('own'),
          'ANY /own/{proxy+}': uri('own'),
        },
      });
      const jwt = ['JWT', 'https://login.example.com', ['orders'], ['read']];
      expect(account.authorization).toEqual({
        'live-debug-dev_tom-http': {
          'ANY /made': ['NONE'],
          'ANY /made/{proxy+}': ['NONE'],
          'POST /orders/{id}': ['AWS_IAM'],
          'ANY /own': jwt,
          'ANY /own/{proxy+}': jwt,
        },
      });
      expect(account.throttle).toEqual({
        'live-debug-dev_tom-http': [[[50, 100], { 'POST /orders/{id}': [5, 100] }]],
      });
      expect(['made', 'shares', 'own'].map((name) => at(name).http?.authorization_type)).toEqual([
        'NONE',
        'AWS_IAM',
        'JWT',
      ]);
      expect(at('made').http?.url).toMatch(/^https:\/\/\w+\.execute-api\.eu-west-1\.amazonaws\.com\/made$/);
      expect(account.function_urls).toEqual({
        [made]: ['AWS_IAM', 'RESPONSE_STREAM'],
        [shares]: null,
        [given]: null,
        own: ['NONE', 'BUFFERED'],
      });
      expect(functions[made]?.environment.LIVE_DEBUG_INVOKE_MODE).toBe('RESPONSE_STREAM');
      expect(functions.own?.environment.LIVE_DEBUG_INVOKE_MODE).toBeUndefined();
      const partial = [made, shares, given, 'own'].map(
        (name) => functions[name]?.environment.LIVE_DEBUG_PARTIAL_FAILURES,
      );
      expect(partial).toEqual([
        arn('sqs', made),
        undefined,
        arn('kinesis', 'stream/given'),
        arn('sqs', 'given'),
      ]);

      expect([...account.subscriptions].sort()).toEqual([
        [arn('sns', 'given'), functionArn(given), null],
        [at('made').sns?.topic_arn, functionArn(made), '{"kind":["order"]}'],
        [at('made').sns?.topic_arn, functionArn(shares), null],
      ]);
      expect(at('shares').sns).toEqual({ topic_arn: arn('sns', 'live-debug-dev_tom-orders') });

      const bus = 'live-debug-dev_tom-orders';
      const rule = (on: string, source: string, target: string) => ({
        bus: on,
        pattern: { source: [source] },
        schedule: null,
        targets: [[functionArn(target), null]],
      });
      expect(account.rules).toEqual({
        [ruleName(made)]: rule(bus, 'shop.orders', made),
        [ruleName(shares)]: rule(bus, 'shop.stock', shares),
        [ruleName(given)]: rule('given', 'a', given),
        'live-debug-dev_tom.own': rule('default', 'b', 'own'),
        [`${ruleName(made)}.schedule`]: {
          bus: 'default',
          pattern: null,
          schedule: 'rate(5 minutes)',
          targets: [[functionArn(made), '{"tick":true}']],
        },
      });

      const notified = (name: string, filter: object, events = ['s3:ObjectCreated:*']) => ({
        function: functionArn(name),
        events,
        filter,
      });
      const uploads = 'live-debug-dev-tom-up-loads-123456789012';
      const givenBucket = at('given').s3?.bucket ?? '';
      expect(givenBucket).toMatch(/^given-\d+$/);
      expect(account.notifications).toEqual({
        [uploads]: [notified(made, { prefix: 'in/' }), notified(shares, { prefix: 'out/' })],
        [givenBucket]: [notified(given, {}, ['s3:ObjectRemoved:*'])],
        known: [notified('own', {})],
      });

      const queue = (visibilityTimeout: number, deadLetters: string, receives: number) => ({
        visibility_timeout: visibilityTimeout,
        redrive: { deadLetterTargetArn: arn('sqs', deadLetters), maxReceiveCount: receives },
      });
      const plain = { visibility_timeout: 30, redrive: null };
      expect(account.queues).toEqual({
        [made]: queue(90, `${made}-dlq`, 5),
        [`${made}-dlq`]: plain,
        'live-debug-dev_tom-jobs.fifo': queue(48, 'live-debug-dev_tom-jobs-dlq.fifo', 3),
        'live-debug-dev_tom-jobs-dlq.fifo': plain,
        'live-debug-dev_tom-own': queue(30, 'live-debug-dev_tom-own-dlq', 3),
        'live-debug-dev_tom-own-dlq': plain,
        given: plain,
      });

      const tableStream = at('made').dynamodb?.stream_arn ?? '';
      const givenTableStream = at('given').dynamodb?.stream_arn ?? '';
      const polled = (name: string, size: number, others = {}) => ({
        function: functionArn(name),
        BatchSize: size,
        ...others,
      });
      expect(account.mappings).toEqual({
        [arn('sqs', made)]: polled(made, 10, { FunctionResponseTypes: ['ReportBatchItemFailures'] }),
        [arn('sqs', 'live-debug-dev_tom-jobs.fifo')]: polled(shares, 10),
        [arn('sqs', 'given')]: polled(given, 10),
        [arn('sqs', 'live-debug-dev_tom-own')]: polled('own', 10),
        [tableStream]: polled(made, 100, { StartingPosition: 'LATEST' }),
        [givenTableStream]: polled(given, 100, { StartingPosition: 'TRIM_HORIZON' }),
        [arn('kinesis', `stream/${made}`)]: polled(made, 10, {
          StartingPosition: 'LATEST',
          MaximumBatchingWindowInSeconds: 5,
        }),
        [arn('kinesis', 'stream/given')]: polled(given, 100, {
          StartingPosition: 'LATEST',
          FunctionResponseTypes: ['ReportBatchItemFailures'],
        }),
      });
      expect(at('given').dynamodb).toMatchObject({ table_name: 'given', hash_key: null });

      // Of everybody but the caller of a public URL, the source is checked. moto drops what CloudFormation says of a URL.
      const statementsOf = (name: string) => account.statements[name] ?? [];
      const invokers = (name: string) =>
        statementsOf(name)
          .filter(([, principal]) => principal !== '*')
          .map(([action, principal, condition]) => [action, principal, sourceOf(condition)])
          .sort();
      const api = /https:\/\/(\w+)/.exec(at('made').http?.url ?? '')?.[1];
      const invoke = 'lambda:InvokeFunction';
      expect(invokers(made)).toEqual([
        [invoke, 'apigateway.amazonaws.com', arn('execute-api', `${api}/*/*/made`)],
        [invoke, 'apigateway.amazonaws.com', arn('execute-api', `${api}/*/*/made/{proxy+}`)],
        [invoke, 'events.amazonaws.com', arn('events', `rule/${bus}/${ruleName(made)}`)],
        [invoke, 'events.amazonaws.com', arn('events', `rule/${ruleName(made)}.schedule`)],
        [invoke, 's3.amazonaws.com', `arn:aws:s3:::${uploads} of 123456789012`],
        [invoke, 'sns.amazonaws.com', arn('sns', 'live-debug-dev_tom-orders')],
      ]);
      expect(statementsOf(made)).toHaveLength(6);
      expect(invokers(given)).toEqual([
        [invoke, 'events.amazonaws.com', arn('events', `rule/given/${ruleName(given)}`)],
        [invoke, 's3.amazonaws.com', `arn:aws:s3:::${givenBucket} of 123456789012`],
        [invoke, 'sns.amazonaws.com', arn('sns', 'given')],
      ]);
      const everybody = statementsOf('own').filter(([, principal]) => principal === '*');
      expect(new Set(everybody.map(([action]) => action))).toEqual(
        new Set([invoke, 'lambda:InvokeFunctionUrl']),
      );

      // Lambda polls with the function's role, and with no other.
      const own: Readonly<Record<string, readonly string[]>> = {
        [made]: [arn('sqs', made), tableStream, arn('kinesis', `stream/${made}`)],
        [shares]: [arn('sqs', 'live-debug-dev_tom-jobs.fifo')],
        given: [arn('sqs', 'given'), givenTableStream, arn('kinesis', 'stream/given')],
        own: [arn('sqs', 'live-debug-dev_tom-own')],
      };
      for (const [role, sources] of Object.entries(own)) {
        for (const source of Object.values(own).flat()) {
          const policies = Object.values(roles[role] ?? {});
          for (const action of pollActions(source)) {
            const allowed = isAllowed(policies, { action, resource: source });
            expect(allowed, `${role} ${action} ${source}`).toBe(sources.includes(source));
          }
          expect(isAllowed(policies, { action: 'sqs:SendMessage', resource: source })).toBe(false);
        }
      }

      // Who serves may publish to all of it and invoke, and do no more.
      const { live_debug } = await outputs();
      const developer = [JSON.parse(live_debug.value.developer_policy_json)];
      const may = (action: string, resource: string) => isAllowed(developer, { action, resource });
      const published: readonly (readonly [action: string, resource: string])[] = [
        ['lambda:InvokeFunction', functionArn(made)],
        ['lambda:InvokeFunction', functionArn('own')],
        ['lambda:InvokeFunctionUrl', functionArn(made)],
        ['execute-api:Invoke', arn('execute-api', `${api}/$default/POST/orders/1`)],
        ['sns:Publish', at('made').sns?.topic_arn ?? ''],
        ['sns:Publish', arn('sns', 'given')],
        ['sqs:SendMessage', at('made').sqs?.queue_arn ?? ''],
        ['sqs:SendMessage', at('shares').sqs?.queue_arn ?? ''],
        ['sqs:SendMessage', arn('sqs', 'given')],
        ['events:PutEvents', arn('events', `event-bus/${at('made').eventbridge?.event_bus_name}`)],
        ['events:PutEvents', arn('events', 'event-bus/given')],
        ['events:PutEvents', arn('events', 'event-bus/default')],
        ['s3:PutObject', `arn:aws:s3:::${uploads}/in/a.txt`],
        ['s3:PutObject', `arn:aws:s3:::${givenBucket}/a.txt`],
        ['s3:PutObject', 'arn:aws:s3:::known/a.txt'],
        ['dynamodb:PutItem', arn('dynamodb', `table/${at('made').dynamodb?.table_name}`)],
        ['dynamodb:PutItem', arn('dynamodb', 'table/given')],
        ['kinesis:PutRecord', at('made').kinesis?.stream_arn ?? ''],
        ['kinesis:PutRecord', arn('kinesis', 'stream/given')],
      ];
      for (const [action, resource] of published) {
        expect(may(action, resource), `${action} ${resource}`).toBe(true);
      }
      const refused: readonly (readonly [action: string, resource: string])[] = [
        ['lambda:InvokeFunction', functionArn(`${made}-2`)],
        ['execute-api:Invoke', arn('execute-api', 'other/$default/POST/orders/1')],
        // The directory of a stage whose name begins alike.
        ['dynamodb:PutItem', arn('dynamodb', 'table/live-debug-dev_tom-2')],
        ['dynamodb:PutItem', arn('dynamodb', 'table/live-debug-dev_tom')],
        ['sns:Publish', arn('sns', 'other')],
        ['sqs:SendMessage', arn('sqs', 'other')],
        ['events:PutEvents', arn('events', 'event-bus/other')],
        ['s3:PutObject', 'arn:aws:s3:::other/a.txt'],
        ['kinesis:PutRecord', arn('kinesis', 'stream/other')],
        ['sqs:ReceiveMessage', at('made').sqs?.queue_arn ?? ''],
        ['s3:GetObject', `arn:aws:s3:::${uploads}/in/a.txt`],
      ];
      for (const [action, resource] of refused) {
        expect(may(action, resource), `${action} ${resource}`).toBe(false);
      }

      await apply('-var', 'live=false', '-refresh=false');
      expect(await moto.resources()).toEqual({
        ...noResources,
        buckets: expect.arrayContaining([givenBucket, 'known']),
        buses: ['given'],
        functions: {
          own: expect.objectContaining({ handler: 'own.handler', environment: { CURRENCY: 'EUR' } }),
        },
        queues: [expect.stringMatching(/\/given$/)],
        roles: { given: {}, own: {} },
        streams: ['given'],
        tables: ['given'],
        topics: [arn('sns', 'given')],
      });
      await destroy('-refresh=false');
      expect(await moto.resources()).toEqual(noResources);
    },
    testBoundMs,
  );

  it.concurrent(
    'refused if an ARN is not known before the apply, with what to write',
    async (context) => {
      const root = 'terraform/test/fixtures/unknown-arns';
      const { workspace } = await start(root, context);
      const { code, output } = await workspace.terraform(root, 'plan');
      expect(code).toBe(1);
      for (const field of ['topic_arn', 'queue_arn', 'bucket_arn', 'stream_arn']) {
        expect(output).toContain(`# Not known? Write create = false beside ${field}.`);
      }
      expect(new Set(output.match(/^Error: .*$/gm))).toEqual(new Set(['Error: Invalid for_each argument']));
    },
    testBoundMs,
  );
});

function sourceOf(condition: unknown): string {
  const { ArnLike, StringEquals } = condition as Record<string, Record<string, string> | undefined>;
  const account = StringEquals?.['AWS:SourceAccount'];
  return `${ArnLike?.['AWS:SourceArn']}${account === undefined ? '' : ` of ${account}`}`;
}

/** What Lambda must be allowed to poll a queue or a stream. */
function pollActions(source: string): readonly string[] {
  const [, , service = ''] = source.split(':');
  const actions: Readonly<Record<string, readonly string[]>> = {
    sqs: ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'],
    dynamodb: ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'],
    kinesis: ['DescribeStream', 'DescribeStreamSummary', 'GetRecords', 'GetShardIterator', 'ListShards'],
  };
  return (actions[service] ?? []).map((action) => `${service}:${action}`);
}
