// Where the records of a batch are in the event's own bytes, so that a part of them has each record as it was written.

/** Begin and end of a record's bytes. */
export type Span = readonly [begin: number, end: number];

const [quote, comma, colon, backslash] = [0x22, 0x2c, 0x3a, 0x5c] as const;
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d] as const;

/**
 * The elements of the array `Records` of a JSON object, in order; undefined if it has none, or has it twice. `json` must be valid
 * JSON: anything else gives any spans, in a time in proportion to its length.
 */
export function recordSpans(json: Uint8Array): readonly Span[] | undefined {
  let at = 0;
  const skipSpace = () => {
    while (at < json.length && (json[at] ?? 0) <= 0x20) at += 1;
  };
  const skipString = () => {
    for (at += 1; at < json.length && json[at] !== quote; at += 1) if (json[at] === backslash) at += 1;
    at += 1;
  };
  const skipValue = () => {
    let depth = 0;
    do {
      const byte = json[at];
      if (byte === quote) {
        skipString();
        continue;
      }
      if (byte === openBrace || byte === openBracket) depth += 1;
      else if (byte === closeBrace || byte === closeBracket) depth -= 1;
      at += 1;
    } while (at < json.length && (depth > 0 || isInScalar(json[at])));
  };
  const elements = () => {
    const spans: Span[] = [];
    at += 1;
    skipSpace();
    while (at < json.length && json[at] !== closeBracket) {
      const begin = at;
      skipValue();
      spans.push([begin, at]);
      skipSpace();
      if (json[at] === comma) at += 1;
      skipSpace();
    }
    at += 1;
    return spans;
  };
  let found: readonly Span[] | undefined;
  skipSpace();
  if (json[at] !== openBrace) return undefined;
  at += 1;
  for (skipSpace(); json[at] === quote; skipSpace()) {
    const begin = at;
    skipString();
    const name = Buffer.from(json.subarray(begin, at)).toString('latin1');
    skipSpace();
    if (json[at] === colon) at += 1;
    skipSpace();
    if (name !== '"Records"') skipValue();
    else if (found !== undefined || json[at] !== openBracket) return undefined;
    else found = elements();
    skipSpace();
    if (json[at] === comma) at += 1;
  }
  return found;
}

/** Whether a number or word goes on with this byte; of what begins with a quote or a bracket, the value is over by then. */
function isInScalar(byte: number | undefined): boolean {
  return (
    byte !== undefined &&
    byte > 0x20 &&
    byte !== comma &&
    byte !== closeBrace &&
    byte !== closeBracket &&
    byte !== quote &&
    byte !== colon
  );
}
