// What the local cloud says a function's triggers are published to.
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { sns } from '../../../src/cloud/sns/topics.ts';
import { triggerTargets } from '../../../src/cloud/trigger-targets.ts';
import { resourcesOf } from '../../../src/cloud/triggers/resources.ts';
import { triggersSchema } from '../../../src/manifest/trigger-schema.ts';
import { triggerTargetsSchema } from '../../../src/manifest/trigger-targets.ts';
import { deployed } from '../test-cloud.ts';

const endpointUrl = 'http://127.0.0.1:4566';

function functionWith(name: string, triggers: v.InferInput<typeof triggersSchema>, timeout = 3) {
  return deployed(name, { timeout, triggers: v.parse(triggersSchema, triggers) });
}

function targetsOf(triggers: v.InferInput<typeof triggersSchema>, name = 'Hear_me') {
  const functionUrls = new Map([[name, `http://127.0.0.1:3000/${name}`]]);
  const targets = triggerTargets([functionWith(name, triggers)], {
    stage: 'local',
    endpointUrl,
    functionUrls,
    ownUrls: new Map([[name, `http://127.0.0.1:3000/_url/${name}/`]]),
  });
  return targets.get(name);
}

describe('targets', () => {
  test('of new resources are named for stage and function', () => {
    const targets = targetsOf({
      http: {},
      sns: {},
      sqs: { fifo_queue: true },
      eventbridge: { event_pattern: '{"source":["a"]}' },
      schedule: { schedule_expression: 'rate(5 minutes)' },
      s3: {},
      dynamodb: { range_key: 'sort' },
      kinesis: {},
    });
    expect(targets).toEqual({
      http: {
        url: 'http://127.0.0.1:3000/Hear_me',
        method: 'ANY',
        path: '/Hear_me',
        authorization_type: 'NONE',
      },
      sns: { topic_arn: 'arn:aws:sns:us-east-1:000000000000:live-debug-local-Hear_me' },
      sqs: {
        queue_url: 'http://127.0.0.1:4566/000000000000/live-debug-local-Hear_me.fifo',
        queue_arn: 'arn:aws:sqs:us-east-1:000000000000:live-debug-local-Hear_me.fifo',
        dead_letter_queue_url: 'http://127.0.0.1:4566/000000000000/live-debug-local-Hear_me-dlq.fifo',
      },
      eventbridge: {
        event_bus_name: 'default',
        event_pattern: '{"source":["a"]}',
        rule_arn: 'arn:aws:events:us-east-1:000000000000:rule/live-debug-local.Hear_me',
      },
      schedule: {
        schedule_expression: 'rate(5 minutes)',
        rule_arn: 'arn:aws:events:us-east-1:000000000000:rule/live-debug-local.Hear_me.schedule',
      },
      s3: { bucket: 'live-debug-local-hear-me', events: ['s3:ObjectCreated:*'] },
      dynamodb: {
        table_name: 'live-debug-local-Hear_me',
        stream_arn:
          'arn:aws:dynamodb:us-east-1:000000000000:table/live-debug-local-Hear_me/stream/2026-01-01T00:00:00.000',
        hash_key: 'id',
        range_key: 'sort',
      },
      kinesis: {
        stream_name: 'live-debug-local-Hear_me',
        stream_arn: 'arn:aws:kinesis:us-east-1:000000000000:stream/live-debug-local-Hear_me',
      },
    });
    // As a reader of the manifest would take it.
    expect(v.is(triggerTargetsSchema, targets)).toBe(true);
  });

  test('of given ARNs are those', () => {
    const stream = 'arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-31T00:00:00.000';
    expect(
      targetsOf({
        sns: { topic_arn: 'arn:aws:sns:eu-west-1:123456789012:orders' },
        sqs: { queue_arn: 'arn:aws:sqs:eu-west-1:123456789012:orders' },
        eventbridge: {
          event_bus_arn: 'arn:aws:events:eu-west-1:123456789012:event-bus/orders',
          event_pattern: '{"source":["a"]}',
        },
        s3: { bucket_arn: 'arn:aws:s3:::orders' },
        dynamodb: { stream_arn: stream },
        kinesis: { stream_arn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders' },
      }),
    ).toMatchObject({
      sns: { topic_arn: 'arn:aws:sns:eu-west-1:123456789012:orders' },
      sqs: {
        queue_url: 'http://127.0.0.1:4566/123456789012/orders',
        dead_letter_queue_url: 'http://127.0.0.1:4566/123456789012/orders-dlq',
      },
      eventbridge: {
        event_bus_name: 'orders',
        rule_arn: 'arn:aws:events:eu-west-1:123456789012:rule/orders/live-debug-local.Hear_me',
      },
      s3: { bucket: 'orders' },
      dynamodb: { table_name: 'orders', stream_arn: stream },
      kinesis: { stream_name: 'orders' },
    });
  });

  test('do not exist for a function without triggers', () => {
    expect(targetsOf({})).toEqual({});
  });
});

describe('functions that give the same name', () => {
  test('share one resource', () => {
    const topics = resourcesOf(
      'sns',
      [
        functionWith('a', { sns: { topic_name: 'orders' } }),
        functionWith('b', { sns: { topic_name: 'orders' } }),
      ],
      'local',
      sns.identify,
    );
    expect(topics).toMatchObject([
      { name: 'live-debug-local-orders', consumers: [{ functionName: 'a' }, { functionName: 'b' }] },
    ]);
  });
});
