// [1] A wrapper's own lines in the function's log, from any process or thread, also while the main thread is blocked.
import { writeSync } from 'node:fs';

/** Writes one JSON line to stdout, as the stub does (report.ts). Never throws: a log that is full must not end a function. */
export function logLine(text: string): void {
  try {
    writeSync(1, text);
  } catch {
    // EAGAIN of a full pipe, or stdout is closed: nowhere to say it.
  }
}
