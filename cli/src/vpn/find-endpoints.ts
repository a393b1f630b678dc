// Which hosts a function's environment names: URLs, host:port, a host beside its port. Nothing of a value but host and
// port leaves this file, since the rest may be a password.
import { isIP } from 'node:net';
import { awsPorts, portByWord, schemePorts, webSchemes } from './known-services.ts';
import { isPrivateAddress } from './private-address.ts';

/** A place that a function connects to, as far as its environment tells. */
export interface Endpoint {
  /** The variable; `CONFIG.db.host` for a field of a variable that holds JSON. */
  readonly variable: string;
  readonly host: string;
  /** To try in this order, until one answers; none where the environment names no port. */
  readonly ports: readonly number[];
  /** The host is looked up as a DNS SRV record first (`mongodb+srv`). */
  readonly srv: boolean;
  /** An HTTP or WebSocket URL: at a public address it is an API on the internet, no private resource. */
  readonly web: boolean;
}

/** Found in a value whose host can't be told from its password. */
export interface Unreadable {
  readonly variable: string;
  readonly reason: string;
}

export interface FoundEndpoints {
  readonly endpoints: readonly Endpoint[];
  readonly unreadable: readonly Unreadable[];
}

type Place = Omit<Endpoint, 'variable'>;

const hostName = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i;
const internalName = /\.(internal|local|localdomain|lan|corp|private|intranet)\.?$/i;
const endpointWord = /^(.*?)_?(HOST|HOSTNAME|ENDPOINT|SERVER|ADDRESS|ADDR|URL|URI|BROKERS?)$/i;

/** Set by Lambda or livectl, or paths: none of them names a resource. */
const notTheirs = /^(AWS_(?!ENDPOINT_URL)|LAMBDA_|LIVE_DEBUG_|LIVECTL_|NODE_|_|PATH$|HOME$|TZ$|LANG$)/;

/** All endpoints in an environment, in its order; the same place in the same variable once. */
export function findEndpoints(environment: Readonly<Record<string, string>>): FoundEndpoints {
  const variables = flatten(environment);
  const endpoints: Endpoint[] = [];
  const unreadable: Unreadable[] = [];
  for (const [variable, value] of variables) {
    if (notTheirs.test(variable)) continue;
    const places = placesIn(variable, value.trim(), variables);
    if (typeof places === 'string') unreadable.push({ variable, reason: places });
    else endpoints.push(...places.map((place) => ({ variable, ...place })));
  }
  return { endpoints, unreadable };
}

/** JSON objects count as variables of their own: `{"host": ...}` in `DB` is `DB.host`. */
function flatten(environment: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const flat = new Map<string, string>();
  const add = (name: string, value: unknown, depth: number) => {
    if (typeof value === 'string' || typeof value === 'number') flat.set(name, String(value));
    else if (typeof value === 'object' && value !== null && depth < 4) {
      for (const [key, inner] of Object.entries(value)) add(`${name}.${key}`, inner, depth + 1);
    }
  };
  for (const [name, value] of Object.entries(environment)) {
    add(name, /^\s*[{[]/.test(value) ? (parse(value) ?? value) : value, 0);
  }
  return flat;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** The places a value names, or why it can't be read. */
function placesIn(variable: string, value: string, variables: ReadonlyMap<string, string>): Place[] | string {
  if (value === '' || value.length > 8192 || /^arn:/.test(value)) return [];
  if (/^jdbc:oracle:thin:/i.test(value)) return fromOracle(value);
  const url = /^(?:jdbc:)?((?:[a-z][a-z0-9+.-]*:)+)\/\/(.*)$/is.exec(value);
  if (url) return fromUrl(url[1] ?? '', url[2] ?? '');
  const pairs = fromPairs(value);
  if (pairs) return [pairs];
  const parts = value.split(',').map((part) => part.trim());
  const withPorts = parts.map(hostAndPort);
  if (withPorts.every((place) => place !== undefined)) {
    const sure = withPorts.every(({ host }) => /[.:]/.test(host) || host === 'localhost');
    return sure || endpointWord.test(variable) ? withPorts.map(({ host, port }) => place(host, [port])) : [];
  }
  return parts.flatMap((part) => fromHost(variable, part, variables));
}

/** What follows `://`. */
function fromUrl(schemes: string, rest: string): Place[] | string {
  const names = schemes.toLowerCase().split(':').filter(Boolean);
  const srv = names.includes('mongodb+srv');
  const known = names.map((name) => name.replace(/\+.*/, '')).find((name) => name in schemePorts);
  const end = rest.search(/[/?#;]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  // A password with a bare / or ? makes its tail look like the host, which would be shown.
  if (end >= 0 && rest.slice(end).includes('@')) return passwordWords;
  const hosts = authority.slice(authority.lastIndexOf('@') + 1).split(',');
  const web = known !== undefined && webSchemes.has(known);
  return hosts.flatMap((text) => {
    const found = hostAndPort(text) ?? (isHost(text) ? { host: bare(text), port: undefined } : undefined);
    if (found === undefined) return [];
    const fallback = (known === undefined ? undefined : schemePorts[known]) ?? awsPorts(found.host)?.[0];
    const ports = found.port === undefined ? (fallback === undefined ? [] : [fallback]) : [found.port];
    return [{ ...place(found.host, ports), srv, web }];
  });
}

const passwordWords =
  'it holds an @ behind its host, so that host and password can’t be told apart: percent-encode the password';

/** `jdbc:oracle:thin:user/password@host:1521:sid` and its kin. */
function fromOracle(value: string): Place[] | string {
  const [, host, ...more] = value.split('@');
  if (more.length > 0) return passwordWords;
  const found = /^(?:\/\/)?([^:/]+)(?::(\d+))?/.exec(host ?? '');
  if (!found?.[1] || !isHost(found[1])) return [];
  return [place(found[1], [Number(found[2] ?? schemePorts.oracle)])];
}

/** `host=db port=5432 ...` of libpq and `Server=tcp:db,1433;...` of ADO.NET. */
function fromPairs(value: string): Place | undefined {
  const host = /(?:^|[;\s])(?:host|server|data source|address)\s*=\s*(?:tcp:)?([^;,\s]+)(?:,(\d+))?/i.exec(
    value,
  );
  if (!host?.[1] || !isHost(host[1])) return undefined;
  const port = host[2] ?? /(?:^|[;\s])port\s*=\s*(\d+)/i.exec(value)?.[1];
  const semicolons = value.includes(';');
  return place(host[1], [Number(port ?? (semicolons ? schemePorts.sqlserver : schemePorts.postgres))]);
}

/** A host without a port: private by its looks, or by the name of its variable. */
function fromHost(variable: string, text: string, variables: ReadonlyMap<string, string>): Place[] {
  if (!isHost(text)) return [];
  const host = bare(text);
  const ofAws = awsPorts(host);
  const address = isIP(host) > 0;
  const looksPrivate = address ? isPrivateAddress(host) : internalName.test(host);
  const named = endpointWord.test(variable) && /\./.test(host) && !address;
  if (!looksPrivate && !named && ofAws === undefined) return [];
  const beside = portBeside(variable, variables);
  const byWord = engineBeside(variable, variables) ?? portByWord(variable);
  if (beside !== undefined) return [place(host, [beside])];
  return [place(host, byWord === undefined ? (ofAws ?? []) : [byWord])];
}

/** `DB_PORT` for `DB_HOST`, also for `DB_READER_HOST`. */
function portBeside(variable: string, variables: ReadonlyMap<string, string>): number | undefined {
  const port = Number(besideOf(variable, 'PORT', variables));
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

function engineBeside(variable: string, variables: ReadonlyMap<string, string>): number | undefined {
  const engine = besideOf(variable, 'ENGINE', variables) ?? besideOf(variable, 'DIALECT', variables);
  return engine === undefined ? undefined : portByWord(engine);
}

function besideOf(
  variable: string,
  word: string,
  variables: ReadonlyMap<string, string>,
): string | undefined {
  const stem = endpointWord.exec(variable)?.[1] ?? variable;
  const upper = new Map([...variables].map(([name, value]) => [name.toUpperCase(), value]));
  for (let words = stem; ; words = words.slice(0, Math.max(0, words.lastIndexOf('_')))) {
    const found = [`${words}_${word}`, `${words}${word}`].map((name) => upper.get(name.toUpperCase()));
    const value = found.find((candidate) => candidate !== undefined);
    if (value !== undefined || !words.includes('_')) return value;
  }
}

/** `host:5432`, `[::1]:5432`. */
function hostAndPort(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, host = '', digits] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  return isHost(host) && port > 0 && port < 65_536 ? { host: bare(host), port } : undefined;
}

function isHost(text: string): boolean {
  const host = bare(text);
  return isIP(host) > 0 || (hostName.test(host) && !/^\d+(\.\d+)*$/.test(host));
}

/** Without the brackets of an IPv6 address. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function place(host: string, ports: readonly number[]): Place {
  return { host, ports, srv: false, web: false };
}
