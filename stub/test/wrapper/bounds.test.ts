// What an invocation waits for until the deployed code has it, counted on a clock that the test turns: after any fault the
// waits add up to 300 ms at most.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import type { LambdaStream } from '../../src/incoming-parts.ts';
import { reportBy } from '../../src/report.ts';
import { Relayed } from '../../src/wrapper/relayed.ts';
import { watchedDirectory } from '../harness/watched-directory.ts';
import { type Line, lineTo } from './harness/line.ts';
import { useWrappedWorld } from './harness/wrapped-world.ts';

const world = useWrappedWorld();
const boundMs = 300;

let clock: ManualClock;
let log: string[];
beforeEach(() => {
  clock = new ManualClock(Date.now());
  log = [];
  reportBy((line) => void log.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
  reportBy((line) => void process.stdout.write(line));
});

/** Nothing is streamed here. */
const stream: LambdaStream = {
  setContentType: () => undefined,
  write: () => true,
  end: () => undefined,
  once: () => undefined,
};

let count = 0;
const invoke = (relayed: Relayed) => {
  count += 1;
  const head = { requestId: `r${count}`, arn: 'arn', traceId: undefined, clientContext: undefined };
  const invocation = {
    head: { ...head, identity: undefined, tenantId: undefined },
    event: Buffer.from('1'),
    deadline: clock.now() + 60_000,
  };
  return relayed.answer(invocation, stream);
};

/** Until the network, which is in this process, has nothing more to say by itself. */
async function quiet(lines: Lines): Promise<void> {
  // Who says nothing for so many turns says nothing at all.
  for (let [turns, still] = [0, 0]; still < 20 && turns < 500; turns += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    still = lines.table.isBusy || lines.relay.isBusy ? 0 : still + 1;
  }
}

/** How far the clock is turned, timer by timer, until the deployed code is to answer. */
async function waitedMs(answer: Promise<unknown>, lines: Lines): Promise<number> {
  const startedAt = clock.now();
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  answer.then(end, end);
  for (;;) {
    await quiet(lines);
    if (isOver) break;
    if (clock.pending.length > 0) await clock.fireNext();
  }
  expect(await answer).toBeUndefined();
  return clock.now() - startedAt;
}

interface Lines {
  readonly table: Line;
  readonly relay: Line;
}

async function start(
  lines?: Partial<Lines>,
  more?: Record<string, string>,
): Promise<Lines & { relayed: Relayed }> {
  const table = lines?.table ?? (await lineTo(world.table.endpoint));
  const relay = lines?.relay ?? (await lineTo(world.relay.url()));
  const environment = {
    ...world.environment,
    LIVE_DEBUG_RELAY: relay.url,
    AWS_ENDPOINT_URL_DYNAMODB: table.url,
    ...more,
  };
  const relayed = new Relayed(environment, clock);
  return { relayed, table, relay };
}

const dead = async (line: Line) => {
  line.isDead = true;
  await line.end();
};

/** What happens once the way to the client is open. */
const later: [string, (lines: Lines) => Promise<unknown> | unknown][] = [
  ['the relay ends, and is silent from then on', ({ relay }) => dead(relay)],
  ['relay and table end', ({ relay, table }) => Promise.all([dead(relay), dead(table)])],
  [
    'relay and table end while the instance is frozen',
    async ({ relay, table }) => {
      await Promise.all([dead(relay), dead(table)]);
      clock.jump(70_000);
    },
  ],
  ['the relay refuses posts', () => (world.relay.onPost = () => 403)],
  ['the relay throttles posts', () => (world.relay.onPost = () => 429)],
  [
    'the relay takes its time to throttle each post',
    () => {
      world.relay.onPost = () => {
        // A post is under way when its time is up.
        clock.advance(130);
        return 429;
      };
    },
  ],
  [
    'the relay takes its time to throttle each post, and the pauses between them are short',
    () => {
      vi.spyOn(Math, 'random').mockReturnValue(0.05);
      world.relay.onPost = () => {
        clock.advance(130);
        return 429;
      };
    },
  ],
  [
    'the look-up is old, the table silent and the relay throttles posts',
    async ({ table }) => {
      await dead(table);
      clock.jump(3000);
      world.relay.onPost = () => 429;
    },
  ],
];

/** What it is like from the start on. */
const never: [string, (lines: Lines) => unknown][] = [
  ['the table is silent', ({ table }) => (table.isDead = true)],
  ['the relay is silent', ({ relay }) => (relay.isDead = true)],
  ['the relay does not answer hello', () => (world.relay.onSaid = () => undefined)],
  ['the relay fails', () => (world.relay.onConnect = () => 503)],
];

describe('the deployed code has an invocation within 300 ms where', () => {
  it.each(later)('%s', async (_what, happens) => {
    await world.serve();
    const { relayed, ...lines } = await start();
    await relayed.start();
    await happens(lines);
    expect(await waitedMs(invoke(relayed), lines)).toBeLessThanOrEqual(boundMs);
    // Known by now: nothing is waited for.
    expect(await waitedMs(invoke(relayed), lines)).toBe(0);
    expect(log.join('')).toContain('the deployed code answers');
  });

  it.each(never)('%s', async (_what, happens) => {
    await world.serve();
    const { relayed, ...lines } = await start();
    happens(lines);
    expect(await waitedMs(invoke(relayed), lines)).toBeLessThanOrEqual(boundMs);
    expect(await waitedMs(invoke(relayed), lines)).toBe(0);
    expect(log.join('')).toContain('the deployed code answers');
  });

  it('the table answers at the last moment, and the relay never', async () => {
    await world.serve();
    const directory = await watchedDirectory(world.table.endpoint);
    let release: () => void = () => undefined;
    directory.hold = new Promise((resolve) => {
      release = resolve;
    });
    const { relayed, ...lines } = await start({
      table: await lineTo(directory.endpoint),
    });
    lines.relay.isDead = true;
    const answer = invoke(relayed);
    await clock.untilSet(150);
    clock.advance(149);
    const before = 149;
    release();
    expect(before + (await waitedMs(answer, lines))).toBeLessThanOrEqual(boundMs);
  });
});

it('LIVE_DEBUG_PATIENCE: 10 has an invocation wait ten times as long for a table that is silent', async () => {
  await world.serve();
  const { relayed, ...lines } = await start({}, { LIVE_DEBUG_PATIENCE: '10' });
  lines.table.isDead = true;
  expect(await waitedMs(invoke(relayed), lines)).toBe(1500);
});
