// How the tunnel function opens a connection: one look-up, `allow` on its answer, the first address that answers.
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { parseAllow } from '../../../protocol/tunnel/allow.ts';
import { connectFirst } from '../../src/tunnel/connect-first.ts';
import { Dialer } from '../../src/tunnel/dialer.ts';
import { UnresolvedError } from '../../src/tunnel/look-up.ts';
import { closedPort, ownAddress, serve, silentPort } from './servers.ts';

const own = ownAddress();
const network = `${own}/32:*`;

interface Dialed {
  readonly allow?: readonly string[];
  readonly names?: Readonly<Record<string, readonly string[]>>;
  readonly clock?: ManualClock;
}

function dialer({ allow = [network], clock, names = {} }: Dialed = {}) {
  const lookedUp: string[] = [];
  const dialing = new Dialer({
    allow: parseAllow(allow),
    clock: clock ?? systemClock,
    lookUp: async (name) => {
      lookedUp.push(name);
      const addresses = names[name];
      if (addresses === undefined) throw new UnresolvedError('does not resolve');
      return addresses;
    },
  });
  const dial = (host: string, port: number, signal = new AbortController().signal) =>
    dialing.dial(host, port, signal);
  /** The refusal of a destination. */
  const refusal = async (host: string, port: number): Promise<{ code: string; message: string }> => {
    const error = await dial(host, port).catch((thrown) => thrown);
    if (!('errno' in error)) throw new Error('it was connected, or failed otherwise');
    return { code: error.code, message: error.message };
  };
  return { dial, refusal, lookedUp };
}

describe('allow', () => {
  it('connects to an allowed address, and to a name whose address is allowed', async () => {
    const server = await serve(() => undefined);
    const { dial, lookedUp } = dialer({ names: { 'db.internal': [own] } });
    for (const host of [own, 'db.internal', 'DB.Internal.', `::ffff:${own}`]) {
      const socket = await dial(host, server.port);
      expect([socket.remoteAddress, socket.remotePort]).toEqual([own, server.port]);
      socket.destroy();
    }
    expect(lookedUp).toEqual(['db.internal', 'db.internal']);
  });

  it('connects to an allowed name whatever it resolves to', async () => {
    const server = await serve(() => undefined);
    const { dial } = dialer({ allow: ['*.internal:*'], names: { 'db.internal': [own] } });
    (await dial('db.internal', server.port)).destroy();
  });

  it('refuses another address, and names the entry that would permit it', async () => {
    const { refusal } = dialer({ allow: ['10.9.0.0/16:5432'] });
    expect(await refusal('10.8.0.1', 5432)).toEqual({
      code: 'not-allowed',
      message:
        '10.8.0.1 port 5432 is not in `allow` of the module\'s tunnel: add "10.8.0.1:5432" there, and apply',
    });
    expect((await refusal('10.9.0.1', 22)).message).toContain('add "10.9.0.1:22" there');
    expect((await refusal('fd12::1', 22)).message).toContain('add "[fd12::1]:22" there');
  });

  it('refuses a name whose addresses are not allowed, and names the entries that would permit it', async () => {
    const { refusal } = dialer({
      allow: ['10.9.0.0/16:5432'],
      names: { 'db.internal': ['10.8.0.1', '10.8.0.2', '10.8.0.3', '10.8.0.4'] },
    });
    const { message } = await refusal('db.internal', 5432);
    expect(message).toMatch(
      /^db\.internal \(10\.8\.0\.1, 10\.8\.0\.2, 10\.8\.0\.3, …\) port 5432 is not in `allow`/,
    );
    expect(message).toContain('add "db.internal:5432" or "10.8.0.1:5432" or');
    expect(message).not.toContain('10.8.0.4');
  });

  it('looks a name up only where its addresses can matter', async () => {
    const { refusal, lookedUp } = dialer({ allow: ['10.9.0.0/16:5432', 'other.internal:*'] });
    expect((await refusal('db.internal', 6379)).message).toContain('add "db.internal:6379" there');
    expect(lookedUp).toEqual([]);
  });

  it('connects only to those addresses of a name that are allowed', async () => {
    const server = await serve(() => undefined);
    const { dial } = dialer({ names: { 'db.internal': ['10.8.0.1', '127.0.0.1', own] } });
    const socket = await dial('db.internal', server.port);
    expect(socket.remoteAddress).toBe(own);
    socket.destroy();
  });

  it.each([
    '127.0.0.1',
    '169.254.169.254',
    '0.0.0.0',
    '::1',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    'fd00:ec2::254',
    '0x7f.1',
    '2852039166',
    'fe80::1',
  ])('never connects to %s, which every network contains', async (address) => {
    const { refusal } = dialer({
      allow: ['0.0.0.0/0:*', '[::/0]:*', 'metadata.internal:*'],
      names: { 'metadata.internal': [address], 'other.internal': [address] },
    });
    for (const host of [address, 'metadata.internal', 'other.internal']) {
      const { code, message } = await refusal(host, 80);
      expect([code, message]).toEqual([
        'not-allowed',
        expect.stringContaining('which the tunnel never reaches'),
      ]);
    }
  });

  it('reports a name that does not resolve, and what is no host', async () => {
    const { refusal } = dialer();
    expect(await refusal('db.internal', 80)).toEqual({
      code: 'unresolved',
      message: 'db.internal does not resolve',
    });
    const invalid = await refusal('db internal\u001b[31m', 80);
    expect(invalid).toEqual({
      code: 'unresolved',
      message: 'the destination is neither a host name nor an address',
    });
  });
});

describe('a connection', () => {
  it('reports a port where nothing listens', async () => {
    const { refusal } = dialer();
    const { code, message } = await refusal(own, await closedPort());
    expect([code, message]).toEqual(['refused', expect.stringMatching(/ port \d+ refused the connection/)]);
  });

  it('tries the next address after a refusal at once, and after 250 ms of silence', async () => {
    const silent = await silentPort(own);
    const server = await serve(() => undefined, '127.0.0.1', silent);
    const clock = new ManualClock();
    const never = new AbortController().signal;
    const connected = connectFirst([own, '127.0.0.1'], silent, clock, never);
    await clock.untilSet(250);
    clock.advance(249);
    expect(server.sockets).toHaveLength(0);
    clock.advance(1);
    const socket = await connected;
    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();
    expect(clock.pending).toEqual([]);
    const other = await serve(() => undefined);
    const second = await connectFirst(['127.0.0.2', own], other.port, clock, never);
    expect(second.remoteAddress).toBe(own);
    second.destroy();
    expect(clock.pending).toEqual([]);
  });

  it('gives up an address after 5 s, and all of them after 10 s', async () => {
    const port = await silentPort(own);
    for (const [addresses, ms] of [
      [[own], 5000],
      [[own, own, own], 10_000],
    ] as const) {
      const clock = new ManualClock();
      const { refusal } = dialer({ allow: ['db.internal:*'], names: { 'db.internal': addresses }, clock });
      const refused = refusal('db.internal', port);
      await clock.untilSet(250);
      if (addresses.length === 1) clock.advance(5000);
      else {
        // The second begins when it is given up, as if the first two had been silent one after the other.
        clock.advance(250);
        clock.advance(250);
        clock.advance(9500);
      }
      const { code, message } = await refused;
      expect(code).toBe('timeout');
      expect(message).toContain(
        `did not answer within ${addresses.length === 1 ? ms / 1000 : 5} s: check that its security group`,
      );
      expect(clock.pending).toEqual([]);
    }
  });

  it('ends when it is no longer asked for', async () => {
    const port = await silentPort(own);
    const clock = new ManualClock();
    const { dial } = dialer({ clock });
    const end = new AbortController();
    const dialing = dial(own, port, end.signal);
    await clock.untilSet(250);
    end.abort();
    await expect(dialing).rejects.toMatchObject({ code: 'lost' });
    expect(clock.pending).toEqual([]);
    await expect(dial(own, port, end.signal)).rejects.toMatchObject({ code: 'lost' });
  });

  it('lets either end close its half alone', async () => {
    const server = await serve((socket) => socket.end('bye'));
    const { dial } = dialer();
    const socket = await dial(own, server.port);
    socket.resume();
    await once(socket, 'end');
    expect(socket.writable).toBe(true);
    const far = await server.socket(0);
    socket.end('still here');
    const [heard] = (await once(far, 'data')) as [Buffer];
    expect(String(heard)).toBe('still here');
  });
});
