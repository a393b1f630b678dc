// Names of AWS while the resolver is unreachable: the addresses that were found before, and one request at a time.
import type dns from 'node:dns';
import type { LookupAddress } from 'node:dns';
import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { answersWithinMs, knownAddresses } from '../../src/aws/known-addresses.ts';

type Answer = (error: Error | null, addresses?: LookupAddress[]) => void;

const name = 'relay.example';
const four = { address: '192.0.2.1', family: 4 };
const six = { address: '2001:db8::1', family: 6 };

let clock: ManualClock;
/** Requests that the system has not answered yet. */
let asked: Answer[];
let lookup: ReturnType<typeof knownAddresses>;

beforeEach(() => {
  clock = new ManualClock();
  asked = [];
  const system = (_name: string, _options: object, answer: Answer) => void asked.push(answer);
  lookup = knownAddresses(clock, system as unknown as typeof dns.lookup);
});

const find = (options: object = { all: true }) =>
  new Promise<unknown>((resolve, reject) =>
    lookup(name, options, (error, address, family) =>
      error ? reject(error) : resolve(family === undefined ? address : [address, family]),
    ),
  );

async function known(...addresses: LookupAddress[]): Promise<void> {
  const found = find();
  asked.pop()?.(null, addresses);
  await found;
}

test('the system’s answer is used if it arrives in time', async () => {
  await known(four);
  const found = find();
  asked.pop()?.(null, [six]);
  expect(await found).toEqual([six]);
  expect(clock.pending).toEqual([]);
});

test('a silent resolver is not waited for if addresses are known, and not asked again meanwhile', async () => {
  await known(four, six);
  const found = [find(), find()];
  clock.advance(answersWithinMs);
  expect(await Promise.all(found)).toEqual([
    [four, six],
    [four, six],
  ]);
  const later = find();
  expect(asked).toHaveLength(1);
  // What it says in the end counts from then on.
  asked.pop()?.(null, [six]);
  expect(await later).toEqual([six]);
});

test('a failing resolver leaves the known addresses; without any, its error is reported', async () => {
  const first = find();
  const refused = Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' });
  asked.pop()?.(refused);
  await expect(first).rejects.toBe(refused);
  await known(four);
  const second = find();
  asked.pop()?.(refused);
  expect(await second).toEqual([four]);
});

test('one address is returned if one is requested, of the family that exists', async () => {
  await known(six, four);
  for (const [options, expected] of [
    [{}, [six.address, 6]],
    [{ family: 4 }, [four.address, 4]],
    [{ family: 'IPv4' }, [four.address, 4]],
  ] as const) {
    const found = find(options);
    clock.advance(answersWithinMs);
    expect(await found).toEqual(expected);
  }
});
