// JSON from elsewhere: its value, or undefined, so that the reader decides what that means.
import * as v from 'valibot';

/** The value of a JSON text; bytes are read as UTF-8. Undefined for anything but JSON. */
export function parseJson(text: string | Uint8Array): unknown {
  try {
    return JSON.parse(typeof text === 'string' ? text : textOf(text));
  } catch {
    return undefined;
  }
}

/** The same, checked by a schema: its output, or undefined if the value does not fit. */
export function parseJsonAs<Output>(
  schema: v.GenericSchema<unknown, Output>,
  text: string | Uint8Array,
): Output | undefined {
  const parsed = v.safeParse(schema, parseJson(text));
  return parsed.success ? parsed.output : undefined;
}

/** Without copying the bytes: they may be megabytes. */
function textOf({ buffer, byteLength, byteOffset }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
}
