// Ctrl-C once asks for an orderly end, twice ends at once; the same for SIGTERM and a closed terminal.

export interface StopSignals {
  /** Resolves at the first signal. */
  readonly first: Promise<void>;
  /** Takes the handlers off again. */
  dispose(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** `onSecond` must end the process; it may not wait. */
export function stopSignals(onSecond: () => void): StopSignals {
  let resolveFirst: () => void = () => undefined;
  let seen = 0;
  const onSignal = () => {
    seen += 1;
    if (seen === 1) resolveFirst();
    else onSecond();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    first: new Promise((resolve) => {
      resolveFirst = resolve;
    }),
    dispose: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
