// The item of a tunnel function in use: renewed while it is the same, and gone at the end whatever is still under way.
import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { leaseMs, releaseBoundMs, renewEveryMs, retryRenewalMs } from '../../src/relay/lease.ts';
import { OwnTunnelItem } from '../../src/tunnel/tunnel-item.ts';

interface Call {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  settle(error?: Error): void;
}

let clock: ManualClock;
let calls: Call[];
let item: OwnTunnelItem;
let isQuick: boolean;

beforeEach(() => {
  clock = new ManualClock();
  calls = [];
  isQuick = true;
  item = new OwnTunnelItem({
    directory: {
      call: (operation, input) =>
        new Promise((resolve, reject) => {
          const settle = (error?: Error) => (error ? reject(error) : resolve({}));
          calls.push({ operation, input, settle });
          if (isQuick) settle();
        }),
    },
    ...{ stage: 'dev-tom', id: 'A'.repeat(22), name: 'default', isSeptets: true, clock },
    holder: { session: 's', user: 'tom', host: 'laptop', version: '1', publicKey: 'k' },
    facts: () => ({ state: 'running', streams: 2, bytes: 7, cost: 0.00012345678 }),
  });
});

const operations = () => calls.map(({ operation }) => operation);

test('says who, where and what', async () => {
  await item.put('c1');
  const { Item } = (calls[0] as Call).input as { Item: Record<string, { S?: string; N?: string }> };
  expect(Item).toMatchObject({
    ...{ stage: { S: 'dev-tom' }, item: { S: `tunnel#${'A'.repeat(22)}` }, connectionId: { S: 'c1' } },
    ...{ user: { S: 'tom' }, publicKey: { S: 'k' }, capabilities: { S: 'psk br bits7' } },
    leaseUntil: { N: String(clock.now() + leaseMs) },
  });
  expect(JSON.parse(Item.tunnel?.S ?? '')).toEqual({
    ...{ name: 'default', state: 'running', streams: 2, bytes: 7, cost: 0.000123, since: clock.now() },
  });
  expect(calls[0]?.input).not.toHaveProperty('ConditionExpression');
});

test('is renewed, and only where it still names this connection', async () => {
  await item.put('c1');
  clock.advance(renewEveryMs);
  await turn();
  expect(calls[1]?.input).toMatchObject({
    ConditionExpression: '#connectionId = :connectionId',
    ExpressionAttributeValues: { ':connectionId': { S: 'c1' } },
  });
  isQuick = false;
  clock.advance(renewEveryMs);
  calls[2]?.settle(new Error('no answer'));
  await turn();
  clock.advance(retryRenewalMs);
  expect(calls).toHaveLength(4);
});

test('is not deleted before a write under way is over, and not written afterwards', async () => {
  await item.put('c1');
  isQuick = false;
  item.publish();
  item.publish();
  const removed = item.remove();
  item.publish();
  await turn();
  expect(operations()).toEqual(['PutItem', 'PutItem', 'PutItem']);
  calls[2]?.settle();
  await turn();
  expect(operations()).not.toContain('DeleteItem');
  calls[1]?.settle(new Error('no answer'));
  await turn();
  expect(operations().at(-1)).toBe('DeleteItem');
  calls[3]?.settle();
  await removed;
  clock.advance(renewEveryMs);
  expect(calls).toHaveLength(4);
});

test('a directory that does not answer does not hold up the end', async () => {
  await item.put('c1');
  isQuick = false;
  const removed = item.remove();
  await turn();
  clock.advance(releaseBoundMs);
  await removed;
});
