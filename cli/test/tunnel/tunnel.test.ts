// A tunnel's life with a manual clock: one function for all, replaced in time, ended when unused, started again when it is lost.
import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { TunnelRefused } from '../../../protocol/tunnel/codes.ts';
import type { TunnelEvent } from '../../src/session/session-event.ts';
import { cutBeforeMs, idleMs, retryAfterMs, retryReplacementMs, Tunnel } from '../../src/tunnel/tunnel.ts';
import { type FakeInstance, FakeStarts } from './fake-instances.ts';

const minute = 60_000;

let clock: ManualClock;
let starts: FakeStarts;
let events: TunnelEvent[];
let tunnel: Tunnel;

beforeEach(() => {
  clock = new ManualClock();
  starts = new FakeStarts();
  events = [];
  const onEvent = (event: TunnelEvent) => events.push(event);
  tunnel = new Tunnel({ name: 'default', start: starts.start, clock, onEvent });
});

const states = () => events.map(({ state }) => state);
const last = () => events.at(-1);
const instance = (index: number): FakeInstance => {
  const found = starts.instances[index];
  if (!found) throw new Error(`there were only ${starts.instances.length} starts`);
  return found;
};

describe('a start', () => {
  test('is one for all dials at once', async () => {
    starts.isQuick = false;
    const dials = [1, 2, 3].map((port) => tunnel.dial('db.internal', port));
    await turn();
    expect(starts.waiting).toHaveLength(1);
    starts.waiting[0]?.resolve();
    await Promise.all(dials);
    expect(instance(0).streams.map(({ port }) => port)).toEqual([1, 2, 3]);
    expect(states()).toEqual(['starting', 'running']);
    expect(tunnel.facts).toMatchObject({ state: 'running', streams: 3 });
  });

  test('that fails fails its dials, and further ones at once for a while', async () => {
    starts.isQuick = false;
    const dials = Promise.allSettled([tunnel.dial('db', 1), tunnel.dial('db', 2)]);
    await turn();
    starts.waiting[0]?.reject(
      new LiveDebugError('LD_PERMISSION', 'AWS refuses it', { remedy: 'attach the policy' }),
    );
    expect((await dials).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(last()).toMatchObject({ state: 'failed', reason: 'AWS refuses it; attach the policy' });
    await expect(tunnel.dial('db', 3)).rejects.toThrow('AWS refuses it');
    expect(starts.waiting).toHaveLength(1);
    clock.advance(retryAfterMs);
    starts.isQuick = true;
    await tunnel.dial('db', 4);
    expect(states()).toEqual(['starting', 'failed', 'starting', 'running']);
  });

  test('is aborted when livectl ends', async () => {
    starts.isQuick = false;
    const dial = tunnel.dial('db', 1);
    await turn();
    await Promise.all([tunnel.close(), expect(dial).rejects.toThrow('aborted')]);
    expect(starts.signals[0]?.aborted).toBe(true);
    expect(states()).toEqual(['starting', 'ended']);
    await expect(tunnel.dial('db', 1)).rejects.toThrow('livectl is stopping');
  });
});

describe('a dial', () => {
  test('passes on why the function refused', async () => {
    await tunnel.warm();
    instance(0).answer = new TunnelRefused('not-allowed', 'db:5433 is not in allow');
    await expect(tunnel.dial('db', 5433)).rejects.toThrow('db:5433 is not in allow');
    expect(tunnel.facts.streams).toBe(0);
    expect(starts.instances).toHaveLength(1);
  });

  test('that a killed function never answered is made again by the next one', async () => {
    await tunnel.warm();
    instance(0).answer = 'waits';
    const dial = tunnel.dial('db', 5432);
    await turn();
    instance(0).kill('the function was not heard of for 10 s');
    const stream = await dial;
    expect(starts.instances).toHaveLength(2);
    expect(instance(1).streams).toEqual([stream]);
    expect(states()).toEqual(['starting', 'running', 'failed', 'starting', 'running']);
  });
});

describe('a function that is lost', () => {
  test('resets its streams, with the reason, and the next dial starts another', async () => {
    const stream = await tunnel.dial('db', 5432);
    const closed = new Promise((resolve) => stream.once('error', resolve));
    instance(0).kill('the function was not heard of for 10 s');
    expect(await closed).toMatchObject({ message: 'the function was not heard of for 10 s' });
    expect(last()).toMatchObject({ state: 'failed', streams: 0, reason: expect.stringContaining('10 s') });
    await tunnel.dial('db', 5432);
    expect(starts.instances).toHaveLength(2);
    expect(last()).toMatchObject({ state: 'running', streams: 0 });
  });

  test('while this machine slept is not used again', async () => {
    await tunnel.dial('db', 5432);
    clock.jump(20 * minute);
    await tunnel.dial('db', 5432);
    expect(starts.instances).toHaveLength(2);
    expect(instance(0).ended).toHaveLength(1);
  });
});

describe('after 13 minutes', () => {
  test('new streams go to a new function, and old ones stay until they end', async () => {
    const old = await tunnel.dial('db', 1);
    clock.advance(13 * minute - 1);
    expect(starts.instances).toHaveLength(1);
    clock.advance(1);
    await turn();
    expect(starts.instances).toHaveLength(2);
    expect(states()).toEqual(['starting', 'running', 'replacing', 'running']);
    expect(last()?.reason).toMatch(
      /^1 connection on the previous function until \d\d:\d\d:\d\d at the latest$/,
    );
    const fresh = await tunnel.dial('db', 2);
    expect(instance(1).streams).toEqual([fresh]);
    expect(instance(0).ended).toEqual([]);
    expect(old.destroyed).toBe(false);
    old.resume().end();
    await new Promise((resolve) => old.once('close', resolve));
    expect(instance(0).ended).toEqual(['it was replaced']);
    expect(fresh.destroyed).toBe(false);
  });

  test('a stream that stays is reset shortly before the end', async () => {
    const old = await tunnel.dial('db', 1);
    const failed = new Promise<Error>((resolve) => old.once('error', resolve));
    clock.advance(13 * minute);
    await turn();
    clock.advance(2 * minute - cutBeforeMs);
    expect((await failed).message).toMatch(/time of this tunnel function is up/);
    expect(last()).toMatchObject({
      state: 'running',
      reason: "the function's time is up; 1 connection reset",
    });
    await tunnel.dial('db', 2);
    expect(starts.instances).toHaveLength(2);
  });

  test('an unused one is not replaced, but ended', async () => {
    starts.remainingMs = minute;
    await tunnel.warm();
    clock.advance(minute / 2);
    expect(instance(0).ended).toHaveLength(1);
    expect(starts.instances).toHaveLength(1);
    expect(states()).toEqual(['starting', 'running', 'ended']);
  });

  test('a replacement that fails is tried again, and the old function carries on', async () => {
    await tunnel.dial('db', 1);
    starts.isQuick = false;
    clock.advance(13 * minute);
    await turn();
    starts.waiting[0]?.reject(new Error('throttled'));
    await turn();
    await tunnel.dial('db', 2);
    expect(instance(0).streams).toHaveLength(2);
    clock.advance(retryReplacementMs);
    await turn();
    starts.waiting[1]?.resolve();
    await turn();
    expect(states()).toEqual(['starting', 'running', 'replacing', 'failed', 'replacing', 'running']);
    await tunnel.dial('db', 3);
    expect(instance(1).streams).toHaveLength(1);
  });

  test('or earlier, if the function says so', async () => {
    await tunnel.dial('db', 1);
    instance(0).watch.onDrain(20_000);
    await turn();
    expect(starts.instances).toHaveLength(2);
    expect(instance(0).ended).toEqual([]);
  });
});

describe('without streams', () => {
  test('it ends after 60 s, counted from the last one', async () => {
    const stream = await tunnel.dial('db', 1);
    instance(0).bytes = 5000;
    clock.advance(5 * minute);
    expect(states()).toEqual(['starting', 'running']);
    stream.destroy();
    await turn();
    clock.advance(idleMs - 1);
    expect(states()).toEqual(['starting', 'running']);
    clock.advance(1);
    expect(last()).toMatchObject({
      state: 'ended',
      reason: 'no connection for 60 s',
      bytes: 5000,
      streams: 0,
    });
    // 6 minutes of 256 MB, four messages and six minutes of two connections.
    expect(last()?.cost).toBeCloseTo(0.0012, 4);
    expect(instance(0).ended).toEqual(['idle']);
  });

  test('a warm one that nobody uses ends as well', async () => {
    await tunnel.warm();
    clock.advance(idleMs);
    expect(states()).toEqual(['starting', 'running', 'ended']);
    clock.advance(20 * minute);
    expect(states()).toHaveLength(3);
  });

  test('cost and bytes add up over its functions', async () => {
    await tunnel.warm();
    instance(0).bytes = 10;
    clock.advance(idleMs);
    await tunnel.warm();
    instance(1).bytes = 7;
    expect(tunnel.facts).toMatchObject({ state: 'running', bytes: 17 });
    await tunnel.close();
    expect(last()).toMatchObject({ state: 'ended', bytes: 17, reason: 'livectl ends' });
  });
});
