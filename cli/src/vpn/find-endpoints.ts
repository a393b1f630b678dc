// The hosts that a function's environment names: URLs, host:port, or a host beside its port. Only host and port of a value
// leave this file, since the rest may be a password.
import { isIP } from 'node:net';
import {
  type Endpoint,
  endpointAt,
  hasKnownScheme,
  hostAndPort,
  portIn,
  readConnectionString,
} from './connection-string.ts';
import { awsPorts, portByWord } from './known-services.ts';
import { isPrivateAddress } from './private-address.ts';

/** An endpoint that a function connects to, as far as its environment shows. */
export interface NamedEndpoint extends Endpoint {
  /** The variable; `CONFIG.db.host` for a field of a variable that holds JSON. */
  readonly variable: string;
}

/** A value whose host cannot be told from its password. */
export interface Unreadable {
  readonly variable: string;
  readonly reason: string;
}

export interface FoundEndpoints {
  readonly endpoints: readonly NamedEndpoint[];
  readonly unreadable: readonly Unreadable[];
}

const internalName = /\.(internal|local|localdomain|lan|corp|private|intranet)\.?$/i;
const endpointWord = /^(.*?)_?(HOST|HOSTNAME|ENDPOINT|SERVER|ADDRESS|ADDR|URL|URI|BROKERS?)$/i;

/** Names of variables, and of fields of JSON, whose values are users and passwords. */
const secretWord =
  /(PASS|PASSWORD|PASSWD|PASSPHRASE|PWD|SECRET|TOKEN|KEY|CREDENTIALS?|USER|USER_?NAME|LOGIN|AUTH)S?$/i;

/** https://stackexchange.github.io/StackExchange.Redis/Configuration.html */
const redisOption = /^(abortConnect|allowAdmin|\w+Timeout|defaultDatabase|name|password|ssl\w*|user)=/i;

/** Variables set by Lambda or livectl, and paths: none of them names a resource. */
const notTheirs = /^(AWS_(?!ENDPOINT_URL)|LAMBDA_|LIVE_DEBUG_|LIVECTL_|NODE_|_|PATH$|HOME$|TZ$|LANG$)/;

/** All endpoints in an environment, in order, without duplicates within a variable. */
export function findEndpoints(environment: Readonly<Record<string, string>>): FoundEndpoints {
  const variables = flatten(environment);
  const endpoints: NamedEndpoint[] = [];
  const unreadable: Unreadable[] = [];
  for (const [variable, value] of variables) {
    if (notTheirs.test(variable)) continue;
    const found = endpointsIn(variable, value.trim(), variables);
    if (typeof found === 'string') unreadable.push({ variable, reason: found });
    else endpoints.push(...found.map((endpoint) => ({ variable, ...endpoint })));
  }
  return { endpoints, unreadable };
}

/** Fields of JSON objects count as variables: `{"host": ...}` in `DB` is `DB.host`. */
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

/** The endpoints that a value names, or why it cannot be read. */
function endpointsIn(
  variable: string,
  value: string,
  variables: ReadonlyMap<string, string>,
): readonly Endpoint[] | string {
  if (value === '' || value.length > 8192 || /^arn:/.test(value)) return [];
  // A password may look like a host, but not like `postgres://...`.
  if (secretWord.test(variable) && !hasKnownScheme(value)) return [];
  const read = readConnectionString(value);
  if (read !== undefined) return read;
  const parts = value.split(',').map((part) => part.trim());
  // `cache:6379,password=...` of StackExchange.Redis: everything after the first option may belong to it.
  const firstOption = parts.findIndex((part) => redisOption.test(part));
  const hosts = (firstOption < 0 ? parts : parts.slice(0, firstOption)).map(hostAndPort);
  if (!hosts.every((host) => host !== undefined)) return [];
  return hosts.flatMap(({ host, port }) => {
    if (port === undefined) return fromHost(variable, host, variables);
    const sure = /[.:]/.test(host) || host === 'localhost' || endpointWord.test(variable);
    return sure ? [endpointAt(host, [port])] : [];
  });
}

/** A host without a port: private by its form, or by the name of its variable. */
function fromHost(variable: string, host: string, variables: ReadonlyMap<string, string>): Endpoint[] {
  const ofAws = awsPorts(host);
  const address = isIP(host) > 0;
  const looksPrivate = address ? isPrivateAddress(host) : internalName.test(host);
  const named = endpointWord.test(variable) && /\./.test(host) && !address;
  if (!looksPrivate && !named && ofAws === undefined) return [];
  const beside = portBeside(variable, variables);
  const byWord = engineBeside(variable, variables) ?? portByWord(variable);
  if (beside !== undefined) return [endpointAt(host, [beside])];
  return [endpointAt(host, byWord === undefined ? (ofAws ?? []) : [byWord])];
}

/** `DB_PORT` for `DB_HOST`, and also for `DB_READER_HOST`. */
function portBeside(variable: string, variables: ReadonlyMap<string, string>): number | undefined {
  return portIn(besideOf(variable, 'PORT', variables));
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
