// [1] Events and answers exactly as they were written. Lambda's Node runtime parses an event before the stub sees it and encodes
// what the stub returns, which would round 12345678901234567890 and lose what JavaScript does not preserve.

const { parse, stringify } = JSON;

const texts = new WeakMap<object, string>();
/** The last parsed text of a scalar, with its value: a runtime calls the handler right after parsing. */
let lastScalar: { readonly value: unknown; readonly text: string } | undefined;

/** An answer that is encoded as its original text. */
class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** For an encoder that is not patched by us. */
  toJSON(): unknown {
    return parse(this.text);
  }
}

/**
 * From now on `JSON.parse` remembers the text of each parsed value as long as the value lives, and `JSON.stringify` writes a
 * {@link asJson} unchanged. Lambda's runtimes call both by these names (aws-lambda-nodejs-runtime-interface-client, Runtime.js and
 * RAPIDClient.js); one that did not would behave as without this.
 */
export function watchJson(): void {
  JSON.parse = (text: string, reviver?: Parameters<typeof parse>[1]): unknown => {
    const value: unknown = parse(text, reviver);
    if (reviver !== undefined) return value;
    if (typeof value === 'object' && value !== null) texts.set(value, String(text));
    else lastScalar = { value, text: String(text) };
    return value;
  };
  JSON.stringify = ((value: unknown, ...rest: []) =>
    value instanceof JsonText && rest.length === 0
      ? value.text
      : stringify(value, ...rest)) as typeof stringify;
}

/** The JSON text that a value was parsed from, or an equivalent one; `null` for `undefined`. */
export function jsonText(value: unknown): string {
  if (typeof value === 'object' && value !== null) return texts.get(value) ?? stringify(value);
  if (lastScalar !== undefined && Object.is(lastScalar.value, value)) return lastScalar.text;
  return stringify(value) ?? 'null';
}

/**
 * A function's answer as a value that a runtime encodes byte for byte unchanged; undefined for no bytes; the text itself if it is
 * not JSON: a custom runtime may answer anything, and Lambda's Node runtime can only pass that on as a string.
 */
export function asJson(body: Uint8Array): unknown {
  if (body.length === 0) return undefined;
  const text = Buffer.from(body).toString('utf8');
  try {
    parse(text);
    return new JsonText(text);
  } catch {
    return text;
  }
}
