// [1] The stub's own lines in the function's log; nothing else here writes. Payloads and credentials never pass.

let write = (line: string): void => void process.stdout.write(line);

/** Lines go there from now on: of a thread, stdout is the main thread's to write. */
export function reportBy(writer: (line: string) => void): void {
  write = writer;
}

/** One JSON line, so that it can be filtered from the function's own logs by its `liveDebug` field. */
export function report(what: string, details: Readonly<Record<string, string | number>> = {}): void {
  write(`${JSON.stringify({ liveDebug: what, ...details })}\n`);
}
