// Few look-ups at once, since one that hangs holds one of Node's threads.
import { expect, it } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { NameLookups } from '../../src/vpn/name-lookups.ts';

type Answer = readonly { readonly address: string }[];

/** A resolver that the test controls. */
class Resolver {
  readonly asked = new Map<string, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  onAsked: (host: string) => void = () => undefined;
  readonly ask = (host: string) =>
    new Promise<Answer>((resolve, reject) => {
      this.asked.set(host, { resolve, reject });
      this.onAsked(host);
    });
}

it('begins no more than are allowed, and none whose bound has passed', async () => {
  const clock = new ManualClock();
  const resolver = new Resolver();
  const lookups = new NameLookups(2, clock, resolver.ask);
  const early = ['a', 'b', 'c'].map((host) => lookups.addresses(host, 3000));
  expect([...resolver.asked.keys()]).toEqual(['a', 'b']);
  clock.advance(2000);
  const late = lookups.addresses('d', 3000);
  clock.advance(1000);
  // The first two still hold their threads.
  expect(await Promise.all(early)).toEqual(Array(3).fill({ code: 'ETIMEDOUT' }));
  expect([...resolver.asked.keys()]).toEqual(['a', 'b']);
  const next = new Promise<string>((resolve) => {
    resolver.onAsked = resolve;
  });
  resolver.asked.get('a')?.resolve([{ address: '10.0.0.1' }]);
  expect(await next).toBe('d');
  resolver.asked.get('d')?.resolve([{ address: '10.0.0.4' }, { address: '10.0.0.5' }]);
  expect(await late).toEqual(['10.0.0.4', '10.0.0.5']);
});

it('returns the system’s code for a name without an address', async () => {
  const resolver = new Resolver();
  const looked = new NameLookups(1, new ManualClock(), resolver.ask).addresses('a', 1000);
  resolver.asked.get('a')?.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
  expect(await looked).toEqual({ code: 'ENOTFOUND' });
});
