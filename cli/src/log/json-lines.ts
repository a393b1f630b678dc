// `--format json`: one event, one object, one line on stdout; the fields are those of the event.
import { type Clock, systemClock } from '../../../protocol/clock.ts';
import { jsonLine } from '../control/json-line.ts';
import type { ObservedBodies } from '../session/session-event.ts';
import type { Output } from './output.ts';

/**
 * An object that a command writes for `--format json`: one line, with `time` as its last field, when it was written (ISO 8601,
 * UTC, milliseconds).
 */
export function eventLine(event: object, clock: Pick<Clock, 'now'> = systemClock): string {
  return jsonLine({ ...event, time: new Date(clock.now()).toISOString() });
}

/**
 * Returns a listener that writes each event as one line of JSON. Bodies of what is observed are text, with `verbose` only: in
 * UTF-8, or in base64 where they are not.
 */
export function jsonLines(
  output: Output,
  verbose = false,
  clock: Pick<Clock, 'now'> = systemClock,
): (event: object) => void {
  return (event) => output.line(eventLine('bodies' in event ? withTexts(event, verbose) : event, clock));
}

function withTexts({ bodies, ...event }: { readonly bodies?: unknown }, verbose: boolean): object {
  if (!verbose) return event;
  const { contentType, event: invoked, result } = bodies as ObservedBodies;
  return {
    ...event,
    ...textOf('event', invoked),
    ...textOf('result', result),
    ...(contentType === undefined ? {} : { content_type: contentType }),
  };
}

function textOf(name: string, bytes: Uint8Array): object {
  try {
    return { [`${name}_text`]: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { [`${name}_base64`]: Buffer.from(bytes).toString('base64') };
  }
}
