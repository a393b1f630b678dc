// Whatever the relay does to posts, every invocation runs exactly once and gets exactly its own answer.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noise } from '../../../protocol/test/payloads.ts';
import type { RelayFault } from '../../src/cloud/cloud.ts';
import { newId, type StubPeer, textOf } from './stub-peer.ts';
import { useWorld } from './world.ts';

const world = useWorld();

const faults: readonly (RelayFault | undefined)[] = [
  { status: 429 },
  { status: 500 },
  { status: 503 },
  { drop: 'before' },
  { drop: 'after' },
  { delayMs: 15 },
  { lateMs: 15 },
  { delayMs: 5, drop: 'after' },
  undefined,
  undefined,
  undefined,
  undefined,
];

const invocation = fc.record({
  stub: fc.nat(2),
  eventBytes: fc.oneof(fc.nat(200), fc.nat(250_000)),
  answerBytes: fc.oneof(fc.nat(200), fc.nat(250_000)),
  /** Whether the stub hears too little and sends it a second time. */
  twice: fc.boolean(),
});

test('429, 5xx, resets, delays and reordering lose nothing and run nothing twice', async () => {
  const { pool, told } = await world.serve();
  const stubs = await Promise.all([world.stub(), world.stub(), world.stub()]);
  await Promise.all(stubs.map((stub) => stub.find()));
  const answers = new Map<string, string>();
  const ran: string[] = [];
  pool.onRun = (run) => {
    ran.push(run.invocation.id);
    // The answer belongs to the event: a mix-up of either shows.
    run.answer(`"${answers.get(run.invocation.id)} to ${run.invocation.event.length}"`);
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(invocation, { minLength: 1, maxLength: 12 }),
      fc.array(fc.constantFrom(...faults), { minLength: 20, maxLength: 60 }),
      async (invocations, plan) => {
        const all = [...plan, undefined];
        world.aws.fault = ({ number }) => all[number % all.length];
        ran.length = 0;
        const sent = await Promise.all(
          invocations.map(async (each, index) => {
            const stub = stubs[each.stub] as StubPeer;
            const [id, requestId] = [newId(), newId()];
            const answer = noise(each.answerBytes, index).toString('base64');
            answers.set(requestId, answer);
            const body = noise(each.eventBytes, index);
            const attempts = each.twice ? [1, 2] : [1];
            const posts = attempts.map((attempt) => stub.invoke({ id, attempt, body, head: { requestId } }));
            expect(await Promise.all(posts)).toEqual(attempts.map(() => ({ kind: 'delivered' })));
            const result = await stub.heard.first(
              (message) => typeof message === 'object' && message.type === 'result' && message.id === id,
            );
            expect(textOf(result as { body: Uint8Array })).toBe(`"${answer} to ${body.length}"`);
            return requestId;
          }),
        );
        expect([...ran].sort()).toEqual([...sent].sort());
      },
    ),
    { numRuns: 8 },
  );
  expect(told('error')).toEqual([]);
});
