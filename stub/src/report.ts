// [1] The stub's own lines in the function's log; nothing else here writes. Payloads and credentials never pass.

/** One JSON line, so that it can be filtered from the function's own logs by its `liveDebug` field. */
export function report(what: string, details: Readonly<Record<string, string | number>> = {}): void {
  process.stdout.write(`${JSON.stringify({ liveDebug: what, ...details })}\n`);
}
