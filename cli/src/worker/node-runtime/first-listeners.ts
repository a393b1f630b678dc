// [5] Lets the runtime's own listener be the last one to see an uncaught error: AWS's client up to nodejs22 posts the error and
// exits within it, so later listeners are never called. Ours needs a moment for the post.

type Listener = (...values: unknown[]) => void;

/** `process` calls no listener registered after `listener`; earlier ones are called as usual. */
export function endWith(event: 'uncaughtException' | 'unhandledRejection', listener: Listener): void {
  process.on(event, listener);
  const { emit } = process;
  const emitUpToOurs = (name: string | symbol, ...values: unknown[]): boolean => {
    const listeners = name === event ? (process.rawListeners(event) as Listener[]) : [];
    const at = listeners.indexOf(listener);
    if (at < 0) return Reflect.apply(emit, process, [name, ...values]);
    for (const each of listeners.slice(0, at + 1)) Reflect.apply(each, process, values);
    return true;
  };
  process.emit = emitUpToOurs as typeof process.emit;
}
