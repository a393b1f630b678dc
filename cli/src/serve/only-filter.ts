// The filters of `serve --only`: short forms and event patterns, compiled to the form in the client's item.
import { readFileSync } from 'node:fs';
import { compileFilter, type FilterText, filterLimits } from '../../../protocol/event-filter.ts';
import { PatternError } from '../../../protocol/event-pattern.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { didYouMean } from '../manifest/did-you-mean.ts';
import { type OwnFilter, ownFilter } from '../relay/own-filter.ts';

/** Maximum for one `serve`: each is an item of the stage's table for each function. */
const mostFilters = 20;

/** What a short form matches. `verbatim`: its values appear unchanged in the event. */
const kinds: Readonly<Record<string, { readonly of: string; readonly verbatim: boolean }>> = {
  header: { of: 'an HTTP header', verbatim: true },
  query: { of: 'a parameter of the query string', verbatim: true },
  cookie: { of: 'a cookie', verbatim: true },
  path: { of: 'the path', verbatim: false },
  method: { of: 'the HTTP method', verbatim: true },
  attribute: { of: 'an attribute of a message or an item', verbatim: true },
  baggage: { of: 'a member of baggage', verbatim: false },
  detail: { of: 'a field of the payload', verbatim: false },
};

const unnamed: ReadonlySet<string> = new Set(['path', 'method']);

/** Characters that no event encodes differently. */
const plain = /^[A-Za-z0-9_.-]+$/;

/** One for each flag, without duplicates. Throws LD_CONFIG with the flag and what is wrong with it. */
export function onlyFilters(flags: readonly string[]): readonly OwnFilter[] {
  if (flags.length > mostFilters)
    throw wrong(`--only can be given ${mostFilters} times at most, not ${flags.length}`);
  const filters = flags.map((flag) => ownFilter(checked(flag, filterOf(flag))));
  return [...new Map(filters.map((filter) => [filter.id, filter])).values()];
}

function filterOf(flag: string): FilterText {
  if (flag.startsWith('{')) return patternOf(flag, flag, flag);
  if (flag.startsWith('@')) return patternOf(flag, flag, readPattern(flag));
  const [, kind = '', rest = ''] = /^([a-z]+)[:=](.*)$/s.exec(flag) ?? [];
  const known = kinds[kind];
  if (!known) {
    const names = Object.keys(kinds);
    const word = /^[a-z-]*/i.exec(flag)?.[0] ?? '';
    const meant = didYouMean(word, names);
    const forms = `${names.map((name) => `${name}:`).join(' ')} or an event pattern as JSON or @FILE`;
    throw wrong(
      `--only ${flag}: ${JSON.stringify(word)} is not a filter${meant || '.'}`,
      `Filters begin with ${forms}.`,
    );
  }
  const equals = unnamed.has(kind) ? -1 : rest.indexOf('=');
  const name = unnamed.has(kind) || equals < 0 ? (unnamed.has(kind) ? '' : rest) : rest.slice(0, equals);
  const value = unnamed.has(kind) ? rest : equals < 0 ? undefined : rest.slice(equals + 1);
  const example = unnamed.has(kind)
    ? `${kind}:${kind === 'path' ? '/orders/*' : 'POST'}`
    : `${kind}:NAME=VALUE`;
  if (unnamed.has(kind) ? value === '' : name === '')
    throw wrong(`--only ${flag}: ${known.of} is missing`, `Write it as ${example}.`);
  if (kind === 'path' && !/^[/*]/.test(value ?? ''))
    throw wrong(`--only ${flag}: a path begins with /`, `Write it as ${example}.`);
  const wanted = kind === 'method' ? value?.toUpperCase() : value;
  // A value of baggage may be percent-encoded, a name is not.
  const needed = kind === 'baggage' ? name : known.verbatim ? wanted : undefined;
  const needs = needed !== undefined && plain.test(needed) ? { needs: [needed] } : {};
  return { only: flag, facts: factsPattern(kind, name, valuesOf(kind, wanted)), ...needs };
}

/** `*` stands for any characters; without a value any value matches. */
function valuesOf(kind: string, value: string | undefined): readonly unknown[] {
  if (value === undefined) return [{ exists: true }];
  if (value.includes('*')) return [{ wildcard: value }];
  // A JSON payload may contain it as a number or a boolean.
  const other = kind === 'detail' ? { true: true, false: false, null: null }[value] : undefined;
  if (other !== undefined) return [value, other];
  const number = kind === 'detail' && value.trim() !== '' ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? [value, number] : [value];
}

function factsPattern(kind: string, name: string, values: readonly unknown[]): unknown {
  if (unnamed.has(kind)) return { [kind]: values };
  if (kind === 'header') return { header: { [name.toLowerCase()]: values } };
  // A field of a field is written with dots.
  const path = kind === 'detail' ? name.split('.') : [name];
  const below = path.reduceRight<unknown>((inner, part) => ({ [part]: inner }), values);
  return { [kind]: below };
}

function patternOf(flag: string, only: string, text: string): FilterText {
  try {
    return { only, event: JSON.parse(text) as unknown };
  } catch (cause) {
    throw wrong(`--only ${shown(flag)} is not JSON: ${messageOf(cause)}`, undefined, cause);
  }
}

function readPattern(flag: string): string {
  try {
    return readFileSync(flag.slice(1), 'utf8');
  } catch (cause) {
    throw wrong(`--only ${flag}: ${messageOf(cause)}`, 'Name a file that holds an event pattern.', cause);
  }
}

/** The same filter. Throws for a pattern that stubs would refuse. */
function checked(flag: string, filter: FilterText): FilterText {
  try {
    compileFilter(JSON.stringify(filter));
  } catch (cause) {
    if (!(cause instanceof PatternError)) throw cause;
    const { bytes, depth, stars, values } = filterLimits;
    throw wrong(
      `--only ${shown(flag)}: ${cause.mistakes.join('; ')}`,
      `An event pattern has up to ${bytes} bytes of JSON, ${values} values, ${depth} objects within each other and ${stars} * in a wildcard.`,
      cause,
    );
  }
  return filter;
}

/** A pattern may be long. */
function shown(flag: string): string {
  return flag.length > 100 ? `${flag.slice(0, 100)}…` : flag;
}

function wrong(message: string, remedy?: string, cause?: unknown): LiveDebugError {
  return new LiveDebugError('LD_CONFIG', message, {
    ...(remedy ? { remedy } : {}),
    ...(cause ? { cause } : {}),
  });
}
