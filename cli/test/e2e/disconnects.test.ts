// The built stub and a session while the relay ends connections: of either end, in the middle of anything.
import { expect, test } from 'vitest';
import { startWholeChain } from './whole-chain.ts';

test('3 % of the posts end the receiver’s connection: every invocation gets its own answer, and runs once', async () => {
  let seed = 7;
  let posts = 0;
  let ended = 0;
  let isOn = false;
  const chain = await startWholeChain('echo', () => {
    posts += 1;
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    if (!isOn || seed / 2_147_483_648 >= 0.03) return undefined;
    ended += 1;
    return { disconnect: true };
  });
  const invoke = async (event: object) => {
    const outcome = await chain.cloud.invoke('echo', Buffer.from(JSON.stringify(event)));
    return outcome.ok ? JSON.parse(Buffer.from(outcome.body).toString()) : outcome.error;
  };
  await Promise.all([0, 1, 2, 3].map((n) => invoke({ warm: n })));
  isOn = true;
  for (let n = 0; n < 120; n += 4) {
    const events = [0, 1, 2, 3].map((place) => ({ n: n + place }));
    expect(await Promise.all(events.map(invoke))).toEqual(
      events.map((event) => expect.objectContaining(event)),
    );
  }
  expect(ended).toBeGreaterThan(3);
  expect(posts).toBeGreaterThan(240);
  // An answer is there before its sender knows so: the relay may have ended the sender's connection in between.
  await chain.session.stop(5000);
  expect(chain.events.filter(({ event }) => event === 'result')).toHaveLength(124);
  expect(chain.events.at(-1)).toMatchObject({ event: 'stopped', abandoned: 0 });
});
