// [1] The tunnel function looks a name up as code in the VPC does, once per connection and for a limited time.
import { lookup, Resolver } from 'node:dns/promises';
import type { Clock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';

/** The addresses of a name, in the order in which to try them. Rejects with {@link UnresolvedError}. */
export type LookUp = (name: string) => Promise<readonly string[]>;

/** A look-up's bound. The VPC's resolver answers within milliseconds; the system's own bound is 10 s per name server. */
const boundMs = 5000;

/**
 * After this time the VPC's name servers are asked directly as well: the system's look-ups share four threads, and names whose
 * servers are silent occupy them for seconds.
 */
const directAfterMs = 1000;

/** Why a name has no address; the message ends a sentence that begins with the name. */
export class UnresolvedError extends Error {}

/** `getaddrinfo`, which reads the hosts file and search domains, and after a second the name servers directly. */
export function systemLookUp(clock: Clock): LookUp {
  return (name) =>
    new Promise((resolve, reject) => {
      let resolver: Resolver | undefined;
      const over = () => {
        direct.cancel();
        bound.cancel();
        resolver?.cancel();
      };
      const direct = clock.after(directAfterMs, () => {
        resolver = new Resolver({ timeout: 1000, tries: 2 });
        void askDirectly(resolver, name).then((addresses) => {
          if (addresses.length === 0) return;
          over();
          resolve(addresses);
        });
      });
      const bound = clock.after(boundMs, () => {
        over();
        reject(new UnresolvedError(`has no answer from the VPC's name servers within ${boundMs / 1000} s`));
      });
      lookup(name, { all: true, verbatim: true })
        .then((found) => resolve(found.map(({ address }) => address)))
        .catch((error) => {
          const code = String((error as { code?: unknown }).code ?? messageOf(error));
          reject(new UnresolvedError(`does not resolve in the tunnel's VPC (${code})`));
        })
        .finally(over);
    });
}

/** IPv4 first, which every VPC has. Never rejects. */
async function askDirectly(resolver: Resolver, name: string): Promise<readonly string[]> {
  const asked = [resolver.resolve4(name), resolver.resolve6(name)];
  const answers = await Promise.all(asked.map((answer) => answer.catch((): string[] => [])));
  return answers.flat();
}
