// `--item` of `livectl trigger dynamodb`: plain JSON, or DynamoDB's own with its types.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { wrong } from '../given.ts';

export type { AttributeValue };

const types = new Set(['S', 'N', 'B', 'SS', 'NS', 'BS', 'M', 'L', 'NULL', 'BOOL']);

/** The item in the API's form. DynamoDB's JSON is recognized by a type in every attribute: `{"id":{"S":"1"}}`. */
export function itemOf(value: Readonly<Record<string, unknown>>): Record<string, AttributeValue> {
  const attributes = Object.entries(value);
  const typed = attributes.length > 0 && attributes.every(([, attribute]) => isTyped(attribute));
  return Object.fromEntries(
    attributes.map(([name, attribute]) => [name, typed ? withBytes(attribute) : plain(attribute)]),
  );
}

function isTyped(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const [type = '', ...more] = Object.keys(value);
  return types.has(type) && more.length === 0;
}

/** JSON's own types: string, number, boolean, null, list and map. */
function plain(value: unknown): AttributeValue {
  if (value === null) return { NULL: true };
  if (Array.isArray(value)) return { L: value.map(plain) };
  switch (typeof value) {
    case 'string':
      return { S: value };
    case 'number':
      return { N: String(value) };
    case 'boolean':
      return { BOOL: value };
    default:
      return {
        M: Object.fromEntries(Object.entries(value as object).map(([name, part]) => [name, plain(part)])),
      };
  }
}

/** DynamoDB's JSON encodes bytes as base64; the SDK expects bytes. Other mistakes are left to DynamoDB. */
function withBytes(value: unknown): AttributeValue {
  const [type, content] = Object.entries(value as object)[0] as [string, unknown];
  switch (type) {
    case 'B':
      return { B: Buffer.from(String(content), 'base64') };
    case 'BS':
      return { BS: list(type, content).map((each) => Buffer.from(String(each), 'base64')) };
    case 'L':
      return { L: list(type, content).map(withBytes) };
    case 'M':
      return {
        M: Object.fromEntries(Object.entries(content ?? {}).map(([name, part]) => [name, withBytes(part)])),
      };
    default:
      return value as AttributeValue;
  }
}

function list(type: string, content: unknown): readonly unknown[] {
  if (Array.isArray(content)) return content;
  throw wrong(`--item: ${type} must be a list`);
}
