// DynamoDB: typed values in their JSON form, checked, compared and measured.
import { compareDecimals, decimalText, parseDecimal } from './decimal.ts';
import { DynamoDbError, invalid } from './dynamodb-error.ts';

/** One checked value: numbers in DynamoDB's plain notation, sets without duplicates. */
export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] }
  | { readonly BS: readonly string[] }
  | { readonly L: readonly AttributeValue[] }
  | { readonly M: Readonly<Record<string, AttributeValue>> };

export type AttributeType = 'S' | 'N' | 'B' | 'BOOL' | 'NULL' | 'SS' | 'NS' | 'BS' | 'L' | 'M';

/** An item: attribute names to values. A Map, since the names come from outside. */
export type Item = ReadonlyMap<string, AttributeValue>;

const maxDepth = 32;

export function typeOf(value: AttributeValue): AttributeType {
  return Object.keys(value)[0] as AttributeType;
}

/** Checks a value sent by a caller; throws a SerializationException or a ValidationException. */
export function parseAttributeValue(raw: unknown, depth = 1): AttributeValue {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw badShape();
  const [entry, more] = Object.entries(raw).filter(([, content]) => content !== null);
  if (!entry) {
    throw invalid('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes');
  }
  if (more) {
    throw invalid(
      'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    );
  }
  if (depth > maxDepth) throw invalid('Nesting Levels have exceeded supported limits');
  const [type, content] = entry;
  switch (type) {
    case 'S':
      return { S: text(content) };
    case 'N':
      return { N: decimalText(parseDecimal(text(content))) };
    case 'B':
      return { B: base64(content) };
    case 'BOOL':
      if (typeof content !== 'boolean') throw badShape();
      return { BOOL: content };
    case 'NULL':
      if (content !== true) {
        throw invalid(
          'One or more parameter values were invalid: Null attribute value types must have the value of true',
        );
      }
      return { NULL: true };
    case 'SS':
      return { SS: uniqueSet('string', list(content).map(text)) };
    case 'NS':
      return {
        NS: uniqueSet(
          'number',
          list(content).map((each) => decimalText(parseDecimal(text(each)))),
        ),
      };
    case 'BS':
      return { BS: uniqueSet('binary', list(content).map(base64)) };
    case 'L':
      return { L: list(content).map((each) => parseAttributeValue(each, depth + 1)) };
    case 'M':
      return { M: Object.fromEntries(parseAttributes(content, depth + 1)) };
    default:
      throw invalid('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes');
  }
}

/** Checks a JSON object of values, e.g. a whole item. */
export function parseAttributes(raw: unknown, depth = 1): Item {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw badShape();
  return new Map(Object.entries(raw).map(([name, value]) => [name, parseAttributeValue(value, depth)]));
}

/** Whether type and content are the same; sets in any order. */
export function sameValue(a: AttributeValue, b: AttributeValue): boolean {
  if ('L' in a) return 'L' in b && sameList(a.L, b.L);
  if ('M' in a) return 'M' in b && sameMap(a.M, b.M);
  const [left, right] = [elementsOf(a), elementsOf(b)];
  return (
    typeOf(a) === typeOf(b) && left.length === right.length && left.every((each) => right.includes(each))
  );
}

/** DynamoDB's order of strings, numbers and binaries of one type; undefined for other types. */
export function compareValues(a: AttributeValue, b: AttributeValue): number | undefined {
  if ('N' in a && 'N' in b) return compareDecimals(parseDecimal(a.N), parseDecimal(b.N));
  if ('S' in a && 'S' in b) return Buffer.compare(Buffer.from(a.S), Buffer.from(b.S));
  if ('B' in a && 'B' in b) return Buffer.compare(Buffer.from(a.B, 'base64'), Buffer.from(b.B, 'base64'));
  return undefined;
}

/** A set's elements; for any other value its content as the only element. */
export function elementsOf(value: AttributeValue): readonly unknown[] {
  if ('SS' in value) return value.SS;
  if ('NS' in value) return value.NS;
  if ('BS' in value) return value.BS;
  return Object.values(value);
}

/** Bytes by DynamoDB's rules ("DynamoDB item sizes and formats"); numbers are its approximation. */
export function itemSize(item: Item): number {
  let size = 0;
  for (const [name, value] of item) size += Buffer.byteLength(name) + valueSize(value);
  return size;
}

function valueSize(value: AttributeValue): number {
  if ('S' in value) return Buffer.byteLength(value.S);
  if ('N' in value) return numberSize(value.N);
  if ('B' in value) return Buffer.byteLength(value.B, 'base64');
  if ('SS' in value) return sum(value.SS, (each) => Buffer.byteLength(each));
  if ('NS' in value) return sum(value.NS, numberSize);
  if ('BS' in value) return sum(value.BS, (each) => Buffer.byteLength(each, 'base64'));
  if ('L' in value) return 3 + sum(value.L, (each) => 1 + valueSize(each));
  if ('M' in value) {
    return 3 + sum(Object.entries(value.M), ([name, each]) => 1 + Buffer.byteLength(name) + valueSize(each));
  }
  return 1;
}

function numberSize(number: string): number {
  const { digits } = parseDecimal(number);
  const length = digits.toString().replace('-', '').length;
  return Math.ceil(length / 2) + 1 + (digits < 0n ? 1 : 0);
}

function sum<T>(list: readonly T[], measure: (each: T) => number): number {
  return list.reduce((total, each) => total + measure(each), 0);
}

function sameList(a: readonly AttributeValue[], b: readonly AttributeValue[]): boolean {
  return (
    a.length === b.length &&
    a.every((each, index) => {
      const other = b[index];
      return other !== undefined && sameValue(each, other);
    })
  );
}

function sameMap(
  a: Readonly<Record<string, AttributeValue>>,
  b: Readonly<Record<string, AttributeValue>>,
): boolean {
  const others = new Map(Object.entries(b));
  const entries = Object.entries(a);
  return (
    entries.length === others.size &&
    entries.every(([name, each]) => {
      const other = others.get(name);
      return other !== undefined && sameValue(each, other);
    })
  );
}

function uniqueSet(kind: 'string' | 'number' | 'binary', elements: readonly string[]): readonly string[] {
  if (elements.length === 0) {
    throw invalid(
      kind === 'binary'
        ? 'One or more parameter values were invalid: Binary sets should not be empty'
        : `One or more parameter values were invalid: An ${kind} set  may not be empty`,
    );
  }
  if (new Set(elements).size === elements.length) return elements;
  const shown = `[${elements.join(', ')}]`;
  if (kind === 'number') throw invalid('Input collection contains duplicates');
  throw invalid(
    kind === 'string'
      ? `One or more parameter values were invalid: Input collection ${shown} contains duplicates.`
      : `One or more parameter values were invalid: Input collection ${shown}of type BS contains duplicates.`,
  );
}

function text(raw: unknown): string {
  if (typeof raw !== 'string') throw badShape();
  return raw;
}

function list(raw: unknown): readonly unknown[] {
  if (!Array.isArray(raw)) throw badShape();
  return raw;
}

function base64(raw: unknown): string {
  const encoded = text(raw);
  if (encoded.length % 4 !== 0 || Buffer.from(encoded, 'base64').toString('base64') !== encoded) {
    throw new DynamoDbError('SerializationException', 'Binary values must be base64');
  }
  return encoded;
}

function badShape(): DynamoDbError {
  return new DynamoDbError('SerializationException', 'Unexpected value type in payload');
}
