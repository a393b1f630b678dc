// `--format json`: one event, one object, one line on stdout; the fields are those of the event.
import { jsonLine } from '../control/json-line.ts';
import type { Output } from './output.ts';

/** Returns a listener that writes each event as one line of JSON. */
export function jsonLines(output: Output): (event: object) => void {
  return (event) => output.line(jsonLine(event));
}
