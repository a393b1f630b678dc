// The lease in the local directory with a manual clock: taken, renewed, lost, released.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import {
  Lease,
  type LeaseOptions,
  leaseMs,
  releaseBoundMs,
  renewEveryMs,
  retryRenewalMs,
} from '../../src/relay/lease.ts';
import { type LocalAws, stage, startLocalAws } from '../session/local-aws.ts';

let clock: ManualClock;
let aws: LocalAws;

beforeEach(async () => {
  clock = new ManualClock();
  aws = await startLocalAws(clock);
});
afterEach(() => aws.close());

/** A lease and what it reported. */
function leaseOf(user: string, options: Partial<LeaseOptions> = {}) {
  const lost: unknown[] = [];
  const trouble: { message: string; leftMs: number }[] = [];
  const lease = new Lease({
    directory: aws.directory,
    stage,
    functions: undefined,
    holder: { session: `${user}-1`, user, host: `${user}-laptop`, version: '0.1.0', publicKey: 'BAAA' },
    clock,
    noTakeover: false,
    onLost: (by) => lost.push(by),
    onTrouble: (message, leftMs) => trouble.push({ message, leftMs }),
    ...options,
  });
  return { lease, lost, trouble };
}

/** All holders of items, by their keys. */
async function holders(): Promise<Record<string, string>> {
  return Object.fromEntries([...(await aws.items())].map(([item, { user }]) => [item, user]));
}

async function item(key = 'client#*') {
  return (await aws.items()).get(key);
}

describe('take', () => {
  test('writes who serves, where and until when', async () => {
    const { lease } = leaseOf('ada');
    expect(await lease.take('conn-1=')).toEqual([]);
    expect(await item()).toEqual({
      stage,
      item: 'client#*',
      session: 'ada-1',
      user: 'ada',
      host: 'ada-laptop',
      version: '0.1.0',
      capabilities: 'psk br',
      publicKey: 'BAAA',
      connectionId: 'conn-1=',
      since: clock.now(),
      leaseUntil: clock.now() + leaseMs,
      expiresAt: Math.ceil((clock.now() + leaseMs) / 1000) + 24 * 60 * 60,
    });
  });

  test('moves to a new connection of the same process without displacing itself', async () => {
    const { lease } = leaseOf('ada');
    await lease.take('conn-1=');
    const since = clock.now();
    clock.advance(1000);
    expect(await lease.take('conn-2=')).toEqual([]);
    expect(await item()).toMatchObject({ connectionId: 'conn-2=', since, leaseUntil: clock.now() + leaseMs });
  });

  test('displaces a live holder, of several functions at once, and names the holder', async () => {
    const ada = leaseOf('ada', { functions: ['api', 'jobs'] });
    await ada.lease.take('conn-1=');
    const bob = leaseOf('bob', { functions: ['api', 'jobs'] });
    const displaced = await bob.lease.take('conn-2=');
    expect(displaced.map((client) => [client.item, client.user, client.connectionId])).toEqual([
      ['client#api', 'ada', 'conn-1='],
      ['client#jobs', 'ada', 'conn-1='],
    ]);
    expect(bob.lost).toEqual([]);
    expect(await holders()).toEqual({ 'client#api': 'bob', 'client#jobs': 'bob' });
  });

  test('takes an expired lease without a report, also under --no-takeover', async () => {
    const asleep = new ManualClock();
    await leaseOf('ada', { clock: asleep }).lease.take('conn-1=');
    clock.advance(leaseMs + 1);
    const bob = leaseOf('bob', { noTakeover: true });
    expect(await bob.lease.take('conn-2=')).toEqual([]);
    expect(await holders()).toEqual({ 'client#*': 'bob' });
  });

  test('under --no-takeover refuses with who serves what, and releases what it took before', async () => {
    await leaseOf('ada', { functions: ['jobs'] }).lease.take('conn-1=');
    const bob = leaseOf('bob', { functions: ['api', 'jobs'], noTakeover: true });
    await expect(bob.lease.take('conn-2=')).rejects.toMatchObject({
      code: 'LD_DISPLACED',
      message: 'ada on ada-laptop is serving jobs of stage test',
      remedy: 'ask them, or leave out --no-takeover to take over',
    });
    expect(bob.lost).toEqual([]);
    await bob.lease.release();
    expect(await holders()).toEqual({ 'client#jobs': 'ada' });
  });

  test('of one function stands beside the whole stage', async () => {
    const ada = leaseOf('ada');
    await ada.lease.take('conn-1=');
    expect(await leaseOf('bob', { functions: ['api'] }).lease.take('conn-2=')).toEqual([]);
    await ada.lease.check();
    expect(ada.lost).toEqual([]);
    expect(await holders()).toEqual({ 'client#*': 'ada', 'client#api': 'bob' });
  });

  test('after sleep, if another client serves, ends instead of taking back', async () => {
    const ada = leaseOf('ada');
    await ada.lease.take('conn-1=');
    await leaseOf('bob').lease.take('conn-2=');
    await expect(ada.lease.take('conn-3=')).rejects.toMatchObject({ code: 'LD_DISPLACED' });
    expect(ada.lost).toEqual([{ user: 'bob', host: 'bob-laptop' }]);
    await expect(ada.lease.take('conn-4=')).rejects.toMatchObject({ code: 'LD_DISPLACED' });
    expect(ada.lost).toHaveLength(1);
    expect(await item()).toMatchObject({ user: 'bob', connectionId: 'conn-2=' });
  });

  test('that fails midway leaves the renewals with the previous connection', async () => {
    const { lease } = leaseOf('ada', { functions: ['api', 'jobs'] });
    await lease.take('conn-1=');
    let puts = 0;
    aws.directoryFault = () => {
      puts += 1;
      return puts === 2 ? 'unavailable' : undefined;
    };
    await expect(lease.take('conn-2=')).rejects.toMatchObject({ code: 'LD_DIRECTORY' });
    await lease.check();
    expect([...(await aws.items()).values()].map(({ connectionId }) => connectionId)).toEqual([
      'conn-1=',
      'conn-1=',
    ]);
  });
});

describe('renewal', () => {
  test('happens every 30 s and extends the lease', async () => {
    const { lease } = leaseOf('ada');
    await lease.take('conn-1=');
    for (let count = 1; count <= 4; count += 1) {
      clock.advance(renewEveryMs - 1);
      expect(aws.calls.all.filter((call) => call === 'PutItem')).toHaveLength(count);
      clock.advance(1);
      // The one under way, and no other.
      await lease.check();
      expect(aws.calls.all.filter((call) => call === 'PutItem')).toHaveLength(count + 1);
      expect((await item())?.leaseUntil).toBe(clock.now() + leaseMs);
    }
    await lease.release();
  });

  test('that fails reports how long the lease is still valid, and continues', async () => {
    const { lease, trouble, lost } = leaseOf('ada');
    await lease.take('conn-1=');
    aws.directoryFault = () => 'unavailable';
    for (let count = 1; count <= 4; count += 1) {
      clock.advance(renewEveryMs);
      await lease.check();
    }
    expect(trouble.map(({ leftMs }) => leftMs)).toEqual([60_000, 30_000, 0, 0]);
    expect(trouble[0]?.message).toContain('AccessDeniedException: not today');
    aws.directoryFault = () => undefined;
    clock.advance(renewEveryMs);
    await lease.check();
    expect(trouble).toHaveLength(4);
    expect(lost).toEqual([]);
    expect((await item())?.leaseUntil).toBe(clock.now() + leaseMs);
  });

  test('that fails is retried after 10 s, and reported every 30 s', async () => {
    const { lease, trouble } = leaseOf('ada');
    await lease.take('conn-1=');
    aws.directoryFault = () => 'unavailable';
    clock.advance(renewEveryMs);
    await lease.check();
    for (let count = 1; count <= 6; count += 1) {
      clock.advance(retryRenewalMs);
      await lease.check();
    }
    expect(trouble.map(({ leftMs }) => leftMs)).toEqual([60_000, 30_000, 0]);
    aws.directoryFault = () => undefined;
    clock.advance(retryRenewalMs);
    await lease.check();
    expect((await item())?.leaseUntil).toBe(clock.now() + leaseMs);
    await lease.release();
  });

  test('that hangs in an outage holds up no new connection, and does not undo it when it finally arrives', async () => {
    const { lease, trouble } = leaseOf('ada', { functions: ['api', 'jobs'] });
    await lease.take('conn-1=');
    let arrive: () => void = () => undefined;
    let held = false;
    aws.directoryFault = (operation) => {
      if (operation !== 'PutItem' || held) return undefined;
      held = true;
      return new Promise((resolve) => {
        arrive = () => resolve(undefined);
      });
    };
    clock.advance(renewEveryMs);
    await aws.calls.count(3);
    expect(await lease.take('conn-2=')).toEqual([]);
    arrive();
    await lease.check();
    expect([...(await aws.items()).values()].map(({ connectionId }) => connectionId)).toEqual([
      'conn-2=',
      'conn-2=',
    ]);
    expect(trouble).toEqual([]);
    await lease.release();
    expect(await holders()).toEqual({});
  });

  test('finds out who took over, once, and stops', async () => {
    const ada = leaseOf('ada');
    await ada.lease.take('conn-1=');
    await leaseOf('bob').lease.take('conn-2=');
    clock.advance(renewEveryMs);
    await ada.lease.check();
    await ada.lease.check();
    expect(ada.lost).toEqual([{ user: 'bob', host: 'bob-laptop' }]);
    expect(await holders()).toEqual({ 'client#*': 'bob' });
  });

  test('of one function that was taken over ends the lease on all', async () => {
    const ada = leaseOf('ada', { functions: ['api', 'jobs'] });
    await ada.lease.take('conn-1=');
    await leaseOf('bob', { functions: ['jobs'] }).lease.take('conn-2=');
    await ada.lease.check();
    expect(ada.lost).toEqual([{ user: 'bob', host: 'bob-laptop' }]);
    await ada.lease.release();
    expect(await holders()).toEqual({ 'client#jobs': 'bob' });
  });

  test.each(['released', 'expired', 'deleted by DynamoDB'])(
    'continues if the other’s lease is %s: nobody is harmed',
    async (how) => {
      const ada = leaseOf('ada');
      await ada.lease.take('conn-1=');
      const bob = leaseOf('bob');
      await bob.lease.take('conn-2=');
      if (how === 'released') await bob.lease.release();
      if (how === 'expired') await aws.put({ ...(await wholeStage()), leaseUntil: clock.now() - 1 });
      if (how === 'deleted by DynamoDB') await deleteItem();
      await ada.lease.check();
      expect(ada.lost).toEqual([]);
      expect(await item()).toMatchObject({ user: 'ada', connectionId: 'conn-1=' });
    },
  );
});

describe('release', () => {
  test('removes its own items only', async () => {
    const ada = leaseOf('ada', { functions: ['api', 'jobs'] });
    await ada.lease.take('conn-1=');
    await leaseOf('bob', { functions: ['jobs'] }).lease.take('conn-2=');
    await ada.lease.release();
    expect(await holders()).toEqual({ 'client#jobs': 'bob' });
    expect(ada.lost).toEqual([]);
  });

  test('ends the renewals', async () => {
    const { lease } = leaseOf('ada');
    await lease.take('conn-1=');
    await lease.release();
    const before = aws.calls.all.length;
    clock.advance(10 * renewEveryMs);
    await lease.check();
    expect(aws.calls.all).toHaveLength(before);
    expect(await holders()).toEqual({});
  });

  test('is not undone by a put that is still under way', async () => {
    const { lease } = leaseOf('ada');
    let goOn: () => void = () => undefined;
    aws.directoryFault = (operation) =>
      operation === 'PutItem'
        ? new Promise((resolve) => {
            goOn = resolve;
          })
        : undefined;
    const taken = lease.take('conn-1=');
    await aws.calls.count(1);
    const released = lease.release();
    // Time enough for a deletion that would not wait.
    await aws.items();
    goOn();
    await Promise.all([taken, released]);
    expect(aws.calls.all).toEqual(['PutItem', 'Query', 'DeleteItem']);
    expect(await holders()).toEqual({});
  });

  test('is given up after its bound if the directory does not answer', async () => {
    const { lease } = leaseOf('ada');
    await lease.take('conn-1=');
    let goOn: () => void = () => undefined;
    aws.directoryFault = () =>
      new Promise((resolve) => {
        goOn = resolve;
      });
    const released = lease.release();
    await aws.calls.count(2);
    clock.advance(releaseBoundMs);
    await released;
    goOn();
  });
});

async function wholeStage() {
  const found = await item();
  if (found === undefined) throw new Error('nobody serves the stage');
  return found;
}

async function deleteItem(): Promise<void> {
  await aws.directory.call('DeleteItem', { Key: { stage: { S: stage }, item: { S: 'client#*' } } });
}
