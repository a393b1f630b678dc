// Terraform's functions, those that configurations of functions use. https://developer.hashicorp.com/terraform/language/functions
import { posix } from 'node:path';
import { asText, isList, isObjectValue, objectOf, ownOf, Unknown, unknownIn, type Value } from './values.ts';

type Call = (...args: Value[]) => Value;

const badArguments = new Unknown('a function has arguments of another type than expected');

/** These take values that are unknown or references in part; all others are unknown then. */
const ofStructure: Readonly<Record<string, Call>> = {
  concat: (...lists) => (lists.every(isList) ? lists.flat() : reason(...lists)),
  flatten: (list) => (isList(list) ? flat(list, 0) : reason(list)),
  merge: (...objects) =>
    objects.every((each) => isObjectValue(each) || each === null)
      ? objectOf(objects.flatMap((each) => (isObjectValue(each) ? Object.entries(each) : [])))
      : reason(...objects),
  lookup(object, key, otherwise) {
    if (!isObjectValue(object) || typeof key !== 'string') return reason(object, key);
    const value = Object.hasOwn(object, key) ? ownOf(object, key) : otherwise;
    return value === undefined ? new Unknown(`there is no ${JSON.stringify(key)} in a map`) : value;
  },
  keys: (object) => (isObjectValue(object) ? Object.keys(object).sort() : reason(object)),
  values: (object) =>
    isObjectValue(object)
      ? Object.keys(object)
          .sort()
          .map((key) => ownOf(object, key) ?? null)
      : reason(object),
  length: (value) =>
    isList(value)
      ? value.length
      : isObjectValue(value)
        ? Object.keys(value).length
        : typeof value === 'string'
          ? [...value].length
          : reason(value),
  element: (list, at) =>
    isList(list) && typeof at === 'number' && list.length > 0
      ? (list[at % list.length] ?? null)
      : reason(list, at),
  one: (list) => (isList(list) ? (list.length > 1 ? badArguments : (list[0] ?? null)) : reason(list)),
  coalesce: (...values) => values.find((each) => each !== null && each !== '') ?? badArguments,
  compact: (list) => (isList(list) ? list.filter((each) => each !== null && each !== '') : reason(list)),
  tolist: (list) => (isList(list) ? list : reason(list)),
  tomap: (object) => (isObjectValue(object) ? object : reason(object)),
  zipmap: (keys, values) =>
    isList(keys) && isList(values) && keys.every((each) => typeof each === 'string')
      ? objectOf(keys.map((key, at) => [String(key), values[at] ?? null] as const))
      : reason(keys, values),
  join: (separator, list) => {
    if (typeof separator !== 'string' || !isList(list)) return reason(separator, list);
    const parts = list.map(asText);
    return parts.includes(undefined) ? reason(list) : parts.join(separator);
  },
  format: (form, ...values) => (typeof form === 'string' ? formatted(form, values) : reason(form)),
  nonsensitive: (value) => value,
};

const ofKnown: Readonly<Record<string, Call>> = {
  toset: (list) => (isList(list) ? [...new Set(list)].sort() : badArguments),
  distinct: (list) => (isList(list) ? [...new Set(list)] : badArguments),
  sort: (list) => (isList(list) ? [...list].sort() : badArguments),
  reverse: (list) => (isList(list) ? [...list].reverse() : badArguments),
  contains: (list, value) => (isList(list) ? list.includes(value) : badArguments),
  setunion: (...lists) => (lists.every(isList) ? [...new Set(lists.flat())].sort() : badArguments),
  setsubtract: (list, without) =>
    isList(list) && isList(without) ? list.filter((each) => !without.includes(each)) : badArguments,
  range: (...numbers) => range(numbers),
  tostring: (value) => asText(value) ?? badArguments,
  tonumber: (value) => (Number.isFinite(Number(value)) ? Number(value) : badArguments),
  tobool: (value) =>
    value === true || value === 'true' ? true : value === false || value === 'false' ? false : badArguments,
  lower: ofText((text) => text.toLowerCase()),
  upper: ofText((text) => text.toUpperCase()),
  trimspace: ofText((text) => text.trim()),
  chomp: ofText(withoutLineEnds),
  basename: ofText((text) => posix.basename(text)),
  dirname: ofText((text) => posix.dirname(text)),
  trimprefix: ofTexts((text, prefix) => (text.startsWith(prefix) ? text.slice(prefix.length) : text)),
  trimsuffix: ofTexts((text, suffix) =>
    suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text,
  ),
  startswith: ofTexts((text, prefix) => text.startsWith(prefix)),
  endswith: ofTexts((text, suffix) => text.endsWith(suffix)),
  split: ofTexts((separator, text) => (text === '' ? [''] : text.split(separator))),
  replace: (text, from, to) => {
    if (typeof text !== 'string' || typeof from !== 'string' || typeof to !== 'string') return badArguments;
    if (from.length > 1 && from.startsWith('/') && from.endsWith('/'))
      return new Unknown('replace with a regular expression is not evaluated');
    return text.split(from).join(to);
  },
  substr: (text, from, length) =>
    typeof text === 'string' && typeof from === 'number' && typeof length === 'number'
      ? text.slice(from, length < 0 ? undefined : from + length)
      : badArguments,
  title: ofText((text) => text.replace(/(^|\s)(\p{L})/gu, (all) => all.toUpperCase())),
  min: ofNumbers((...numbers) => Math.min(...numbers)),
  max: ofNumbers((...numbers) => Math.max(...numbers)),
  ceil: ofNumbers((number = 0) => Math.ceil(number)),
  floor: ofNumbers((number = 0) => Math.floor(number)),
  abs: ofNumbers((number = 0) => Math.abs(number)),
  jsonencode: (value) => encoded(value),
  jsondecode: (text) => (typeof text === 'string' ? decoded(text) : badArguments),
};

/** The value of a call; unknown where an argument is, and for functions that are not here. Never throws. */
export function callFunction(name: string, args: readonly Value[]): Value {
  const structure = Object.hasOwn(ofStructure, name) ? ofStructure[name] : undefined;
  if (structure !== undefined) return structure(...args);
  const known = Object.hasOwn(ofKnown, name) ? ofKnown[name] : undefined;
  if (known === undefined) return new Unknown(`${name}() is not evaluated`);
  return args.map(unknownIn).find((each) => each !== undefined) ?? known(...args);
}

function reason(...values: readonly Value[]): Unknown {
  return values.map(unknownIn).find((each) => each !== undefined) ?? badArguments;
}

function withoutLineEnds(text: string): string {
  let length = text.length;
  while (length > 0 && '\r\n'.includes(text[length - 1] ?? '')) length -= 1;
  return text.slice(0, length);
}

function ofText(take: (text: string) => Value): Call {
  return (text) => (typeof text === 'string' ? take(text) : badArguments);
}

function ofTexts(take: (one: string, other: string) => Value): Call {
  return (one, other) =>
    typeof one === 'string' && typeof other === 'string' ? take(one, other) : badArguments;
}

function ofNumbers(take: (...numbers: number[]) => number): Call {
  return (...values) =>
    values.length > 0 && values.every((each) => typeof each === 'number')
      ? take(...values.map(Number))
      : badArguments;
}

function flat(list: readonly Value[], depth: number): Value[] {
  return depth > 50 ? [] : list.flatMap((each) => (isList(each) ? flat(each, depth + 1) : [each]));
}

/** `%s`, `%d`, `%v`, `%q` and `%%` alone; others are unknown. */
function formatted(form: string, values: readonly Value[]): Value {
  let at = 0;
  let text = '';
  for (const part of form.split(/(%.)/s)) {
    if (part === '%%') text += '%';
    else if (!part.startsWith('%')) text += part;
    else {
      const value = values[at++] ?? null;
      const its = asText(value);
      if (!/^%[sdvq]$/.test(part)) return new Unknown(`${part} in format() is not evaluated`);
      if (its === undefined) return reason(value);
      text += part === '%q' ? JSON.stringify(its) : its;
    }
  }
  return text;
}

function range(numbers: readonly Value[]): Value {
  const [first = 0, second, third] = numbers.map(Number);
  const [start, limit] = second === undefined ? [0, first] : [first, second];
  const step = third ?? (start <= limit ? 1 : -1);
  const length = Math.ceil((limit - start) / step);
  // As Terraform itself bounds it.
  if (!Number.isFinite(length) || length > 1024) return badArguments;
  return Array.from({ length: Math.max(0, length) }, (_, at) => start + at * step);
}

/** Members in the order of their names, as Terraform writes them; `<`, `>` and `&` are escaped. */
function encoded(value: Value): string {
  const sorted = (each: Value): unknown =>
    isList(each)
      ? each.map(sorted)
      : isObjectValue(each)
        ? Object.fromEntries(
            Object.keys(each)
              .sort()
              .map((key) => [key, sorted(ownOf(each, key) ?? null)]),
          )
        : each;
  return JSON.stringify(sorted(value)).replace(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function decoded(text: string): Value {
  try {
    return made(JSON.parse(text));
  } catch {
    return new Unknown('jsondecode() has a text that is not JSON');
  }
}

/** Of parsed JSON. */
function made(value: unknown): Value {
  if (Array.isArray(value)) return value.map(made);
  if (typeof value === 'object' && value !== null)
    return objectOf(Object.entries(value).map(([name, each]) => [name, made(each)] as const));
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
