// [1] The wrapper's own lines in the function's log: from any process or thread, even while the main thread is blocked.
import { writeSync } from 'node:fs';

/** Writes one JSON line to stdout, as the stub does (report.ts). Never throws: a full log must not end the function. */
export function logLine(text: string): void {
  try {
    writeSync(1, text);
  } catch {
    // The pipe is full (EAGAIN) or stdout is closed: there is nowhere to report it.
  }
}
