// [1] The stub's own lines in the function's log, written only here; never payloads or credentials.

let write = (line: string): void => void process.stdout.write(line);

/** From now on lines are written there: in a thread, stdout belongs to the main thread. */
export function reportBy(writer: (line: string) => void): void {
  write = writer;
}

/** One JSON line, so that it can be filtered from the function's own logs by its `liveDebug` field. */
export function report(what: string, details: Readonly<Record<string, string | number>> = {}): void {
  write(`${JSON.stringify({ liveDebug: what, ...details })}\n`);
}
