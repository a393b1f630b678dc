// `--format json`: one event, one object, one line on stdout; the fields are those of the event.
import type { SessionEvent } from '../session/session-event.ts';
import type { Output } from './output.ts';

/**
 * JSON leaves these as they are; a terminal obeys some (C1, Bidi_Control), and readers such as Python's `splitlines`
 * end a line at others.
 */
const leftByJson = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Returns a listener that writes each event as one line of JSON. */
export function jsonLines(output: Output): (event: SessionEvent) => void {
  return (event) => output.line(jsonLine(event));
}

/** One line, whatever its texts hold; `value` must be an object. */
export function jsonLine(value: object): string {
  return JSON.stringify(value).replace(leftByJson, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
