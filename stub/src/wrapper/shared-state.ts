// [1] What the main thread and the proxy's know of each other without a message, since either may be blocked.

/** An `Int32Array` over shared memory; its cells are named below. */
export type SharedState = Int32Array;

/** Grows while the proxy's thread is not blocked, by one each {@link beatMs}. */
export const beats = 0;
/** 1 while the runtime waits for an invocation at the proxy. */
export const runtimeWaits = 1;
/** 1 once clients know that nobody waits for what was relayed. */
export const hasStopped = 2;
/** 1 once the tunnel in place of the proxy takes connections. */
export const tunnelListens = 3;

/** Milliseconds. */
export const beatMs = 1000;

export const newState = (): SharedState => new Int32Array(new SharedArrayBuffer(16));
