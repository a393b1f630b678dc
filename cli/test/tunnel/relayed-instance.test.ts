// The start of a tunnel function that never reports: bounded, with what to check, and nothing is left of it.
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testCredentials } from '../../../protocol/test/directory-table.ts';
import { FakeRelay } from '../../../protocol/test/fake-relay.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { stageSecret } from '../../../protocol/test/stage-secrets.ts';
import { StageSecrets } from '../../src/relay/stage-secrets.ts';
import { helloBoundMs, relayedInstances } from '../../src/tunnel/relayed-instance.ts';

let relay: FakeRelay;
beforeEach(async () => {
  relay = await new FakeRelay().start();
});
afterEach(() => relay.close());

test('waits 10 s for the function’s report, says what to check, and leaves neither item nor connection', async () => {
  const clock = new ManualClock();
  const operations: string[] = [];
  const invoked: unknown[] = [];
  const start = relayedInstances(
    {
      stage: 'dev-tom',
      relay: { url: relay.url(), region: 'eu-west-1', credentials: () => testCredentials },
      directory: {
        call: async (operation) => {
          operations.push(operation);
          return {};
        },
      },
      secrets: async () => new StageSecrets({ initial: stageSecret, clock, read: async () => undefined }),
      holder: { session: 's', user: 'tom', host: 'laptop', version: '1' },
      invoke: async (functionName, payload) => {
        invoked.push([functionName, payload]);
      },
      carriesAscii: async () => true,
      agentFor: () => undefined,
      explain: (error) => error,
      clock,
    },
    'default',
    'live-debug-dev-tom-tunnel',
  );
  const watch = {
    onDrain: () => undefined,
    onGone: () => undefined,
    facts: () => ({ state: 'starting', streams: 0, bytes: 0, cost: 0 }) as const,
  };
  let isOver = false;
  const starting = start(watch, new AbortController().signal).finally(() => {
    isOver = true;
  });
  starting.catch(() => undefined);
  await relay.until(() => relay.peers.size === 1);
  await clock.untilSet(() => invoked.length === 1);
  await turn();
  expect(invoked).toEqual([['live-debug-dev-tom-tunnel', { tunnel: expect.stringMatching(/^[\w-]{22}$/) }]]);
  clock.advance(helloBoundMs - 1);
  await turn();
  expect(isOver).toBe(false);
  clock.advance(1);
  await expect(starting).rejects.toMatchObject({
    code: 'LD_TUNNEL',
    message: 'live-debug-dev-tom-tunnel was started, but did not report within 10 s',
    remedy: expect.stringContaining('aws logs tail /aws/lambda/live-debug-dev-tom-tunnel'),
  });
  expect(operations[0]).toBe('PutItem');
  expect(operations.at(-1)).toBe('DeleteItem');
  await relay.until(() => relay.peers.size === 0);
});
