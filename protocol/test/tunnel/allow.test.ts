// Which entries of `allow` are valid, and what they permit. allow-cases.json also serves the routing in other languages.
import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { BlockList } from 'node:net';
import { describe, expect, it } from 'vitest';
import { addressBytes, addressText, hostOf, isInNetwork } from '../../tunnel/addresses.ts';
import { allowMistakes, entriesFor, parseAllow } from '../../tunnel/allow.ts';

const cases = JSON.parse(readFileSync(new URL('allow-cases.json', import.meta.url), 'utf8')) as {
  readonly valid: readonly string[];
  readonly invalid: readonly (readonly [entry: string, message: string])[];
  readonly permits: readonly (readonly [entry: string, host: string, port: number, permitted: boolean])[];
};

describe('entries', () => {
  it.each(cases.valid)('%s is valid', (entry) => {
    expect(allowMistakes([entry])).toEqual([]);
  });

  it.each(cases.invalid)('%s is invalid: %s', (entry, message) => {
    const [mistake = ''] = allowMistakes([entry]);
    expect(mistake).toContain(message);
    expect(mistake).toContain(`allow has the invalid entry ${JSON.stringify(entry).slice(0, 50)}`);
    expect(() => parseAllow([entry])).toThrow(message);
  });

  it('reports every invalid entry, one message each', () => {
    expect(allowMistakes(['db', 'db.internal:5432', '127.0.0.1:80'])).toHaveLength(2);
    expect(() => parseAllow(['db', '127.0.0.1:80'])).toThrow(/"db".*; .*"127.0.0.1:80"/);
  });

  it('takes 100 entries of 253 characters, and no more', () => {
    const name = `${'a'.repeat(62)}.`.repeat(4).slice(0, 248);
    expect(allowMistakes(new Array(100).fill(`${name}:5432`))).toEqual([]);
    expect(allowMistakes([`${name}a:5432`])[0]).toContain('at most 253 characters');
    expect(allowMistakes(new Array(101).fill('db:1'))).toEqual([
      'allow must have at most 100 entries: it has 101',
    ]);
    expect(allowMistakes(['x'.repeat(10_000_000)])[0]?.length).toBeLessThan(200);
  });

  it('never shows a control character of an entry', () => {
    expect(allowMistakes(['\u001b[31m:80'])[0]).not.toContain('\u001b');
  });
});

describe('permits', () => {
  it.each(cases.permits)('%s: %s port %i: %s', (entry, host, port, permitted) => {
    const allow = parseAllow([entry]);
    expect(allow.allowsName(host, port) || allow.allowsAddress(host, port)).toBe(permitted);
    const isName = hostOf(host)?.kind === 'name';
    expect(allow.allowsAddress(host, port)).toBe(permitted && !isName);
    expect(allow.allowsName(host, port)).toBe(permitted && isName);
  });

  it('nothing where there are no entries', () => {
    const allow = parseAllow([]);
    expect([allow.allowsName('db', 1), allow.allowsAddress('10.0.0.1', 1), allow.hasNetworks]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('what any of several entries does', () => {
    const allow = parseAllow(['10.0.0.0/16:5432', 'db.internal:6379', '10.0.1.0/24:22']);
    expect(allow.allowsAddress('10.0.1.1', 22)).toBe(true);
    expect(allow.allowsAddress('10.0.2.1', 22)).toBe(false);
    expect(allow.allowsName('db.internal', 5432)).toBe(false);
    expect([allow.hasNetworks, allow.hasNetworkFor(5432), allow.hasNetworkFor(6379)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(parseAllow(['db.internal:1']).hasNetworks).toBe(false);
  });

  it.each([
    '',
    ' ',
    '.',
    '..',
    'a b',
    'a\nb',
    'a:b',
    '[',
    '[]',
    '[a]',
    ':',
    '1.2.3.4.5',
    '0x',
    '256.1',
    '08',
    '٣',
  ])('nothing for %j, which is no host', (host) => {
    const allow = parseAllow(['0.0.0.0/0:*', '[::/0]:*', '*.a:*', '*.b:*', 'a:*', 'b:*']);
    expect(allow.allowsName(host, 80)).toBe(false);
    expect(allow.allowsAddress(host, 80)).toBe(false);
  });
});

describe('against other implementations', () => {
  /** A repeatable source of random numbers (mulberry32). */
  let state = 20;
  const random = (below: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
  const written = (number: number) =>
    [
      String(number),
      `0${number.toString(8)}`,
      `0x${number.toString(16)}`,
      `0X${number.toString(16).toUpperCase()}`,
    ][random(4)] ?? '';

  it('reads every form of an IPv4 address as the system’s resolver does', async () => {
    for (let round = 0; round < 400; round += 1) {
      const parts = 1 + random(4);
      const rest = 256 ** (5 - parts);
      const text = Array.from({ length: parts }, (_, index) =>
        written(random(index === parts - 1 ? Math.min(rest, 2 ** 32) : 256)),
      ).join('.');
      const host = hostOf(text);
      expect([text, host?.kind === 'address' && host.address]).toEqual([text, (await lookup(text)).address]);
    }
  });

  it('writes an IPv6 address as the system’s resolver does', async () => {
    for (let round = 0; round < 400; round += 1) {
      const bytes = Array.from({ length: 16 }, () => (random(2) === 0 ? 0 : random(256)));
      const long = addressText(bytes);
      expect(addressBytes(long)).toEqual(bytes);
      expect(new BlockList().check(long, 'ipv6')).toBe(false);
      const { address } = await lookup(long);
      expect([long, addressBytes(address)]).toEqual([long, bytes]);
    }
  });

  it.each([4, 6] as const)('finds IPv%i addresses in networks as Node’s BlockList does', (family) => {
    const length = family === 4 ? 4 : 16;
    for (let round = 0; round < 2000; round += 1) {
      const bits = random(length * 8 + 1);
      const network = Array.from({ length }, () => random(256));
      // Near the network's edge: the same address with one bit changed.
      const candidate = [...network];
      const changed = random(length * 8);
      candidate[changed >> 3] = (candidate[changed >> 3] ?? 0) ^ (0x80 >> (changed & 7));
      const list = new BlockList();
      list.addSubnet(addressText(network), bits, `ipv${family}`);
      expect([bits, changed, isInNetwork(candidate, network, bits)]).toEqual([
        bits,
        changed,
        list.check(addressText(candidate), `ipv${family}`),
      ]);
    }
  });
});

it('names the entries that would permit a destination', () => {
  expect(entriesFor('db.internal', 5432, ['10.0.1.5', 'fd12::5'])).toEqual([
    'db.internal:5432',
    '10.0.1.5:5432',
    '[fd12::5]:5432',
  ]);
  expect(entriesFor('10.0.1.5', 5432, ['10.0.1.5'])).toEqual(['10.0.1.5:5432']);
});
