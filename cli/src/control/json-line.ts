// An object as one line of JSON that a terminal displays literally and every reader takes as one line.

/**
 * JSON does not escape these. A terminal obeys some (C1, Bidi_Control), and readers such as Python's `splitlines` end a line
 * at others.
 */
const leftByJson = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Always one line, whatever its texts contain; `value` must be an object. */
export function jsonLine(value: object): string {
  return JSON.stringify(value).replace(leftByJson, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
