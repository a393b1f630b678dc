// Looks up names for connections to AWS. While the network is down, uses the addresses that were found before.
import dns, { type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { Clock } from '../../../protocol/clock.ts';

/** A resolver answers within tens of milliseconds; one asked during an outage asks again after 5 s (resolv.conf(5)). */
export const answersWithinMs = 300;

/**
 * The system's look-up, one at a time per name: during an outage each holds one of the few threads for look-ups. If it fails
 * or takes long, the addresses of the last successful one are used.
 */
export function knownAddresses(clock: Clock, system: typeof dns.lookup = dns.lookup): LookupFunction {
  const known = new Map<string, LookupAddress[]>();
  const underWay = new Map<string, Promise<LookupAddress[]>>();

  const ask = (name: string): Promise<LookupAddress[]> => {
    const asked =
      underWay.get(name) ??
      new Promise<LookupAddress[]>((resolve, reject) => {
        system(name, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
      }).finally(() => underWay.delete(name));
    underWay.set(name, asked);
    asked.then(
      (addresses) => known.set(name, addresses),
      () => undefined,
    );
    return asked;
  };

  return (name, options, callback) => {
    let isOver = false;
    const answer = (addresses: LookupAddress[]) => {
      if (isOver) return;
      isOver = true;
      timer.cancel();
      const family = typeof options.family === 'string' ? Number(options.family.slice(-1)) : options.family;
      const fitting = family ? addresses.filter((each) => each.family === family) : addresses;
      const [first] = fitting;
      if (options.all) callback(null, fitting);
      else if (first) callback(null, first.address, first.family);
      else callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' }), '');
    };
    const timer = clock.after(answersWithinMs, () => {
      const before = known.get(name);
      if (before) answer(before);
    });
    ask(name).then(answer, (error: NodeJS.ErrnoException) => {
      const before = known.get(name);
      if (before) return answer(before);
      if (isOver) return;
      isOver = true;
      timer.cancel();
      callback(error, '');
    });
  };
}
