// The private endpoint that a failed invocation tried to reach, read from its error as runtimes and drivers word it.
import { isIP } from 'node:net';
import { awsPorts } from './known-services.ts';
import { isLoopback, isPrivateAddress } from './private-address.ts';

/** A network failure in an error's text. */
export interface NetworkFailure {
  /** The endpoint in the error; undefined if it names none. */
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** E.g. `ECONNREFUSED`, or the error's own words. */
  readonly what: string;
}

/** Errors with an endpoint: Node's `connect ECONNREFUSED 10.0.3.4:5432` and `getaddrinfo ENOTFOUND db`, and Go's. */
const placed: readonly RegExp[] = [
  /(?<what>ETIMEDOUT|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN) (?<host>[\da-f.:]+):(?<port>\d+)\b/i,
  /(?<what>ENOTFOUND|EAI_AGAIN|ETIMEDOUT) (?<host>[\w.-]+\.[\w-]+)/,
  /could not translate host name "(?<host>[^"]+)" to address: (?<what>[\w ]+ (not known|failure|node|record))/i,
  /dial tcp (?<host>[\da-f.]+):(?<port>\d+): (?<what>i\/o timeout|connect: [\w ]+)/,
  /lookup (?<host>[\w.-]+)(?: on [\w.:[\]-]+)?: (?<what>no such host)/,
];

/** libpq's and PyMySQL's: a literal beginning, then a pattern. A single pattern would try every such beginning. */
const worded: readonly { readonly begins: string; readonly endpoint: RegExp }[] = [
  {
    begins: 'connection to server at "',
    endpoint:
      /(?:[^"\n]+" \()?(?<host>[\da-f.:]+)[)"], port (?<port>\d+) failed: (?<what>timeout expired|Connection (refused|timed out)|No route to host|Network is unreachable|Host is unreachable|Operation timed out)/iy,
  },
  {
    begins: "Can't connect to MySQL server on '",
    endpoint: /(?<host>[^':\n]+)(:(?<port>\d+))?'[^\n]*?(?<what>timed out|refused|\(-?\d+\))/y,
  },
];

/** Errors without an endpoint. */
const bare =
  /\b(?<what>ETIMEDOUT|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|Connection refused|Connection timed out|Name or service not known|timed out|connection timeout|connect timeout|Task timed out)\b/i;

const finders: readonly ((text: string) => RegExpExecArray | null)[] = [
  ...worded.map(({ begins, endpoint }) => (text: string) => {
    const at = text.indexOf(begins);
    endpoint.lastIndex = at + begins.length;
    return at < 0 ? null : endpoint.exec(text);
  }),
  ...placed.map((pattern) => (text: string) => pattern.exec(text)),
];

/** Enough for name, message and the first frames; an error's text may be megabytes. */
const readCharacters = 16 * 1024;

/** Undefined for an error that is not a network failure. */
export function networkFailure(whole: string): NetworkFailure | undefined {
  const text = whole.slice(0, readCharacters);
  for (const find of finders) {
    const { host, port, what } = find(text)?.groups ?? {};
    if (host !== undefined)
      return { host, port: port === undefined ? undefined : Number(port), what: what ?? '' };
  }
  const what = bare.exec(text)?.groups?.what;
  return what === undefined ? undefined : { host: undefined, port: undefined, what };
}

/** A name that only a private network resolves, or a private address other than this machine's own. */
export function looksPrivate(host: string, cidrs: readonly string[]): boolean {
  if (isIP(host) > 0) return isPrivateAddress(host, cidrs) && !isLoopback(host);
  // Of AWS's names, only those of services in a VPC; others are its public APIs.
  return awsPorts(host) !== undefined || /\.(internal|local|corp|lan|private|intranet)$/i.test(host);
}
