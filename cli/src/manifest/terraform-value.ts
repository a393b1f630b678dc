// Reads livectl.json as Terraform does: null counts as omitted, and numbers, booleans and strings are converted into each other
// if possible.
import type * as v from 'valibot';

/** The parts of a schema that this file reads. */
type Schema = v.GenericSchema & {
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly item?: Schema;
  readonly value?: Schema;
  readonly wrapped?: Schema;
};

/** Maximum nesting; the schema's own depth is below ten. */
const deepest = 32;

/** The value with Terraform's conversions; a value that fits nowhere stays as it is, for the schema to refuse. */
export function terraformValue(schema: v.GenericSchema, value: unknown, depth = 0): unknown {
  const known = schema as Schema;
  if (depth > deepest) return value;
  const inner = (one: Schema | undefined, part: unknown) =>
    one === undefined ? part : terraformValue(one, part, depth + 1);
  switch (known.type) {
    case 'optional':
      return inner(known.wrapped, value);
    case 'loose_object':
    case 'strict_object': {
      if (!isRecord(value)) return value;
      const entries = known.entries ?? {};
      return Object.fromEntries(
        Object.entries(value)
          .filter(([key, part]) => part !== null || entries[key]?.type !== 'optional')
          .map(([key, part]) => [key, inner(Object.hasOwn(entries, key) ? entries[key] : undefined, part)]),
      );
    }
    case 'record':
      if (!isRecord(value)) return value;
      return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inner(known.value, part)]));
    case 'array':
      return Array.isArray(value) ? value.map((part) => inner(known.item, part)) : value;
    case 'string':
    case 'picklist':
      return textOf(value);
    case 'number':
      return typeof value === 'string' && /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$/.test(value)
        ? Number(value)
        : value;
    case 'boolean':
      return flagOf(value);
    default:
      return value;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): unknown {
  if (typeof value === 'boolean') return String(value);
  if (typeof value !== 'number') return value;
  // Never with an exponent.
  return Number.isInteger(value) ? BigInt(value).toString() : String(value);
}

function flagOf(value: unknown): unknown {
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  return value;
}
