// [5] dns.resolve of records that only the VPC has: asks the VPC's DNS server where this machine's has none. Every other result is
// what it is without a tunnel.
import dns from 'node:dns';
import type { Allow } from '../../../../protocol/tunnel/allow.ts';
import { type DnsRecord, type RecordType, recordTypes } from './dns-message.ts';
import { replace } from './route-lookups.ts';
import { askVpc } from './vpc-dns.ts';

type Callback = (error: NodeJS.ErrnoException | null, records?: unknown) => void;

/** What a resolver answers if it has no such record, or there is none. */
const unresolvedCodes = new Set([
  'ENOTFOUND',
  'ENODATA',
  'ESERVFAIL',
  'EREFUSED',
  'ECONNREFUSED',
  'ETIMEOUT',
]);

/** `allow` gives the current rules; undefined while there is no tunnel. */
export function routeRecords(allow: () => Allow | undefined): void {
  const found = async (host: unknown, type: unknown, error: unknown): Promise<DnsRecord[]> => {
    const current = allow();
    const isUnresolved = unresolvedCodes.has((error as NodeJS.ErrnoException).code ?? '');
    if (current === undefined || !isUnresolved || typeof host !== 'string' || !isType(type)) return [];
    return askVpc(current, host, type);
  };

  const route = (
    name: 'resolve' | 'resolve4' | 'resolve6' | 'resolveCname' | 'resolveSrv' | 'resolveTxt',
  ) => {
    const typeOf = (values: readonly unknown[]): unknown =>
      name === 'resolve' ? (typeof values[1] === 'string' ? values[1] : 'A') : typeByName[name];
    const original = dns[name] as unknown as (...values: unknown[]) => unknown;
    replace(dns, name, (...values: unknown[]) => {
      const callback = values.at(-1);
      if (typeof callback !== 'function' || hasTtl(values)) return original(...values);
      const onAnswer: Callback = (error, records) => {
        if (!error) return callback(error, records);
        void found(values[0], typeOf(values), error).then((others) =>
          // Outside of the promise, so that what the callback throws is its own.
          process.nextTick(() => (others.length > 0 ? callback(null, others) : callback(error))),
        );
      };
      return original(...values.slice(0, -1), onAnswer);
    });
    const promised = dns.promises[name] as unknown as (...values: unknown[]) => Promise<unknown>;
    replace(dns.promises, name, async (...values: unknown[]) => {
      if (hasTtl(values)) return promised(...values);
      try {
        return await promised(...values);
      } catch (error) {
        const others = await found(values[0], typeOf(values), error);
        if (others.length === 0) throw error;
        return others;
      }
    });
  };
  for (const name of ['resolve', ...Object.keys(typeByName)] as ('resolve' | keyof typeof typeByName)[])
    route(name);
}

const typeByName = {
  resolve4: 'A',
  resolve6: 'AAAA',
  resolveCname: 'CNAME',
  resolveSrv: 'SRV',
  resolveTxt: 'TXT',
} as const;

/** Asked for with the time that they may be kept, which is not read here. */
function hasTtl(values: readonly unknown[]): boolean {
  return (values[1] as { ttl?: unknown } | undefined)?.ttl === true;
}

function isType(type: unknown): type is RecordType {
  return typeof type === 'string' && type in recordTypes;
}
