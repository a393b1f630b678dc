// DynamoDB: the meaning of `#name` and `:value` in a request's expressions.
import { type AttributeValue, type Item, parseAttributeValue } from './attribute-value.ts';
import { DynamoDbError, invalid } from './dynamodb-error.ts';

/** Substitutes the placeholders in all expressions of one request, and records which were never used. */
export class ExpressionAttributes {
  readonly #names: ReadonlyMap<string, string>;
  readonly #values: Item;
  readonly #unusedNames: Set<string>;
  readonly #unusedValues: Set<string>;

  /** Throws a ValidationException for empty maps, malformed placeholders and malformed values. */
  constructor(
    names: Readonly<Record<string, string>> | undefined,
    values: Readonly<Record<string, unknown>> | undefined,
  ) {
    this.#names = new Map(entries('ExpressionAttributeNames', '#', names));
    this.#values = new Map(
      entries('ExpressionAttributeValues', ':', values).map(([key, raw]) => [key, parseNamed(key, raw)]),
    );
    this.#unusedNames = new Set(this.#names.keys());
    this.#unusedValues = new Set(this.#values.keys());
  }

  /** The attribute name behind `#placeholder`. */
  name(placeholder: string): string | undefined {
    this.#unusedNames.delete(placeholder);
    return this.#names.get(placeholder);
  }

  /** The value behind `:placeholder`. */
  value(placeholder: string): AttributeValue | undefined {
    this.#unusedValues.delete(placeholder);
    return this.#values.get(placeholder);
  }

  /** Call it when every expression was parsed. */
  checkAllUsed(): void {
    if (this.#unusedNames.size > 0) throw unused('ExpressionAttributeNames', this.#unusedNames);
    if (this.#unusedValues.size > 0) throw unused('ExpressionAttributeValues', this.#unusedValues);
  }
}

function entries<T>(
  parameter: string,
  mark: '#' | ':',
  map: Readonly<Record<string, T>> | undefined,
): [string, T][] {
  if (map === undefined) return [];
  const list = Object.entries(map);
  if (list.length === 0) throw invalid(`${parameter} must not be empty`);
  for (const [key] of list) {
    if (!key.startsWith(mark) || !/^[0-9a-zA-Z_]+$/.test(key.slice(1))) {
      throw invalid(`${parameter} contains invalid key: Syntax error; key: "${key}"`);
    }
  }
  return list;
}

function parseNamed(key: string, raw: unknown): AttributeValue {
  try {
    return parseAttributeValue(raw);
  } catch (error) {
    if (!(error instanceof DynamoDbError) || error.name !== 'ValidationException') throw error;
    throw invalid(`ExpressionAttributeValues contains invalid value: ${error.message} for key ${key}`);
  }
}

function unused(parameter: string, keys: ReadonlySet<string>): DynamoDbError {
  return invalid(`Value provided in ${parameter} unused in expressions: keys: {${[...keys].join(', ')}}`);
}
