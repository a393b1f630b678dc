// What a session reports when the directory refuses its renewals, with a manual clock.
import { expect, test } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { explainDirectory } from '../../src/aws/explain-directory.ts';
import { renewEveryMs } from '../../src/relay/lease.ts';
import { useWorld } from './world.ts';

const clock = new ManualClock();
const world = useWorld(() => clock);

test('renewals that fail are reported with the seconds that are left, and continue', async () => {
  const { told, events } = await world.serve();
  world.aws.directoryFault = () => 'unavailable';
  const why = 'PutItem on table live-debug-test: AccessDeniedException: not today; the lease';
  const expected = [
    'holds for 60 s more',
    'holds for 30 s more',
    'has expired, so stubs can’t find this livectl',
  ];
  for (const [index, state] of expected.entries()) {
    // In steps in which the relay's pongs can be heard.
    for (let passed = 0; passed < renewEveryMs; passed += 10_000) {
      clock.advance(10_000);
      await new Promise((resolve) => setImmediate(resolve));
      await world.aws.items().catch(() => undefined);
    }
    await events.until(() => told('error').length === index + 1);
    expect(told('error')[index]).toEqual({
      event: 'error',
      code: 'LD_DIRECTORY',
      message: `${why} ${state}; trying again`,
    });
  }
  world.aws.directoryFault = () => undefined;
  clock.advance(renewEveryMs);
  await world.aws.calls.until(() => world.aws.calls.all.at(-1) === 'PutItem');
  expect((await world.aws.items()).get('client#*')?.leaseUntil).toBe(clock.now() + 90_000);
  expect(told('displaced')).toEqual([]);
});

test('a stage that is deleted while it is served ends the session with what happened', async () => {
  const context = { stage: 'test', tableName: 'live-debug-test', region: 'us-east-1', profile: undefined };
  const explain = (error: unknown) => explainDirectory(error, context);
  const { session, event } = await world.serve({ explain });
  world.aws.directoryFault = () => 'table-gone';
  clock.advance(renewEveryMs);
  expect(await session.ended).toBe('stage-gone');
  expect(await event('error')).toMatchObject({
    code: 'LD_STAGE',
    message:
      'there is no table live-debug-test in us-east-1 of this AWS account; stubs can no longer find this livectl, so it stops',
    remedy: expect.stringContaining('enabled = true'),
  });
});
