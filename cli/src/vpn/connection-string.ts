// The hosts in a connection string: a URL, JDBC, ADO.NET, libpq, Oracle, Go. If its password could be mistaken for a host it
// is not read at all, since hosts are shown and looked up.
import { isIP } from 'node:net';
import { adoPairs, libpqPairs, type Pair } from './key-value-pairs.ts';
import { awsPorts, schemePorts, webSchemes } from './known-services.ts';

/** An endpoint as one string names it. */
export interface Endpoint {
  readonly host: string;
  /** Ports to test until one answers; empty if the string names none and its kind has no default. */
  readonly ports: readonly number[];
  /** The host is looked up as a DNS SRV record first (`mongodb+srv`). */
  readonly srv: boolean;
  /** An HTTP or WebSocket URL: at a public address it is an API on the internet, not a private resource. */
  readonly web: boolean;
}

const hostName = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i;

const behindHost =
  'it contains an @ after its host, so host and password cannot be told apart: percent-encode the password, and write a single URL';
const severalHosts = 'it names its host twice, so host and password cannot be told apart: quote the password';

/** The endpoints in a string, or why it cannot be read; undefined if it is not a connection string. */
export function readConnectionString(text: string): readonly Endpoint[] | string | undefined {
  if (/^jdbc:oracle:/i.test(text)) return fromOracle(text);
  const url = /^(jdbc:)?((?:[a-z][a-z0-9+.-]*:)+)\/\/(.*)$/is.exec(text);
  if (url) return fromUrls(text, url[1] !== undefined, url[2] ?? '', url[3] ?? '');
  return fromGo(text) ?? fromPairs(libpqPairs(text)) ?? fromPairs(adoPairs(text));
}

/** Whether a URL has the scheme of a known service. */
export function hasKnownScheme(text: string): boolean {
  const schemes = /^(?:jdbc:)?((?:[a-z][a-z0-9+.-]*:)+)/i.exec(text)?.[1];
  return schemes !== undefined && knownOf(namesOf(schemes)) !== undefined;
}

function namesOf(schemes: string): string[] {
  return schemes.toLowerCase().split(':').filter(Boolean);
}

function knownOf(names: readonly string[]): string | undefined {
  return names.map((name) => name.replace(/\+.*/, '')).find((name) => Object.hasOwn(schemePorts, name));
}

/** `rest` is what follows the first `://`. */
function fromUrls(text: string, jdbc: boolean, schemes: string, rest: string): readonly Endpoint[] | string {
  // A broker's cluster may be a list of URLs; a part of a password may look like the beginning of the next one.
  const list = text.split(/,\s*(?=[a-z][a-z0-9+.-]*:\/\/)/i);
  if (list.length > 1 && list.every((one) => /^[^@=?;#]*$/.test(one) && one.startsWith(`${schemes}//`))) {
    return list.flatMap((one) => {
      const endpoints = fromUrl(false, schemes, one.slice(schemes.length + 2));
      return typeof endpoints === 'string' ? [] : endpoints;
    });
  }
  return fromUrl(jdbc, schemes, rest);
}

function fromUrl(jdbc: boolean, schemes: string, rest: string): readonly Endpoint[] | string {
  const names = namesOf(schemes);
  const known = knownOf(names);
  // URLs of SQL Server have no password before the host, but properties after it.
  const properties = jdbc && known === 'sqlserver';
  const end = rest.search(properties ? /;/ : /[/?#;]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  if (properties && authority.includes('@')) return behindHost;
  // With an unescaped / or ? in the password, both its beginning and its end look like a host.
  if (!properties && end >= 0 && rest.slice(end).includes('@')) {
    const page = known !== undefined && webSchemes.has(known) && /^[^:@]+$/.test(authority);
    return page ? [] : behindHost;
  }
  const hosts = authority.slice(authority.lastIndexOf('@') + 1).split(',');
  const web = known !== undefined && webSchemes.has(known);
  return hosts.flatMap((host) => {
    const found = hostAndPort(properties ? host.replace(/\\[^:]*/, '') : host);
    if (found === undefined) return [];
    const fallback = (known === undefined ? undefined : schemePorts[known]) ?? awsPorts(found.host)?.[0];
    const port = found.port ?? fallback;
    return [
      {
        ...endpointAt(found.host, port === undefined ? [] : [port]),
        srv: names.includes('mongodb+srv'),
        web,
      },
    ];
  });
}

/** `jdbc:oracle:thin:user/password@host:1521:sid` and similar forms. */
function fromOracle(text: string): readonly Endpoint[] | string {
  const [, host = '', ...more] = text.split('@');
  if (more.length > 0) return behindHost;
  const found = hostAndPort(/^(?:\/\/)?([^:/]+(?::\d+)?)(?=[:/]|$)/.exec(host)?.[1] ?? '');
  return found ? [endpointAt(found.host, [found.port ?? 1521])] : [];
}

/** `user:password@tcp(host:3306)/orders` of Go's MySQL driver, which splits at the last / and the last @ before it. */
function fromGo(text: string): readonly Endpoint[] | undefined {
  const slash = text.lastIndexOf('/');
  if (!/^[\w-]*(\?[\w=&%.+-]*)?$/.test(text.slice(slash + 1))) return undefined;
  const protocol = text.slice(text.lastIndexOf('@', slash) + 1, Math.max(0, slash));
  const found = hostAndPort(/^tcp[46]?\((.+)\)$/.exec(protocol)?.[1] ?? '');
  return found && [endpointAt(found.host, [found.port ?? 3306])];
}

/** Keys that name a host, including `application host`, which an unquoted password may produce. */
const hostKey = /^(host|ado (.*\b)?(host|server|data source|addr|address))$/;

function fromPairs(pairs: readonly Pair[] | undefined): readonly Endpoint[] | string | undefined {
  const [found, ...more] = pairs?.filter(([key]) => hostKey.test(key)) ?? [];
  if (pairs === undefined || found === undefined) return undefined;
  const swallowed = pairs.some(([key, value]) => key.startsWith('ado ') && swallowsHost.test(value));
  if (more.length > 0 || swallowed) return severalHosts;
  const [key, value] = found;
  const ports = (pairs.find(([name]) => name === 'port' || name === 'ado port')?.[1] ?? '').split(',');
  // SQL Server's port follows a comma; other commas separate hosts.
  const texts = value
    .replace(/,\s*(\d+)$/, ':$1')
    .replace(/\\[^:]*/, '')
    .split(',');
  const hosts = texts.map((text) => hostAndPort(text.trim()));
  if (!hosts.every((host) => host !== undefined)) return [];
  const usual = /host$/.test(key) ? 5432 : 1433;
  return hosts.map(({ host, port }, index) =>
    endpointAt(host, [port ?? portIn(ports[index] ?? ports[0]) ?? usual]),
  );
}

/** Matches an unquoted value that is not ADO.NET's form, or contains a password with a semicolon. */
const swallowsHost = /^[^"'].*\b(host|server|source|addr|address)\s*=/is;

/** `db`, `db:5432`, `[::1]:5432`, `::1`. */
export function hostAndPort(
  text: string,
): { readonly host: string; readonly port: number | undefined } | undefined {
  if (isHost(text)) return { host: bare(text), port: undefined };
  const [, host = '', digits] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(text) ?? [];
  const port = portIn(digits);
  return port !== undefined && isHost(host) ? { host: bare(host), port } : undefined;
}

/** A port's number; undefined for anything else. */
export function portIn(text: string | undefined): number | undefined {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0;
  return port > 0 && port < 65_536 ? port : undefined;
}

/** An endpoint that is not written as a URL. */
export function endpointAt(host: string, ports: readonly number[]): Endpoint {
  return { host, ports, srv: false, web: false };
}

/** A name or an address, but not a number such as 10.2. */
function isHost(text: string): boolean {
  const host = bare(text);
  return isIP(host) > 0 || (hostName.test(host) && !/^\d+(\.\d+)*$/.test(host));
}

/** Without the brackets of an IPv6 address. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
