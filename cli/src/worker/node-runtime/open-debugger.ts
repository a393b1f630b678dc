// [5] Lets a debugger attach to this worker: Node's inspector on a free port of 127.0.0.1.

/** Returns the WebSocket URL, or why there is none. */
export async function openDebugger(): Promise<string> {
  try {
    const inspector = await import('node:inspector');
    // A function's own NODE_OPTIONS may have opened it already.
    if (inspector.url() === undefined) inspector.open(0, '127.0.0.1');
    return inspector.url() ?? 'the inspector did not start';
  } catch (error) {
    return `the inspector did not start: ${String(error)}`.replace(/\s+/g, ' ');
  }
}
