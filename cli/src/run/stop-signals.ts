// Ctrl-C once asks for an orderly end, twice ends at once; the same for SIGTERM and a closed terminal.
import type { EventEmitter } from 'node:events';
import process from 'node:process';
import { type Clock, systemClock } from '../../../protocol/clock.ts';

export interface StopSignals {
  /** Resolves at the first signal. */
  readonly first: Promise<void>;
  /** Takes the handlers off again. */
  dispose(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Programs that run others, such as `timeout`, pass a signal on that the terminal has sent to both of them: the same one
 * again within this many milliseconds is no second Ctrl-C.
 */
export const onePressMs = 300;

/** `onSecond` must end the process; it may not wait. */
export function stopSignals(
  onSecond: () => void,
  clock: Clock = systemClock,
  source: EventEmitter = process,
): StopSignals {
  let resolveFirst: () => void = () => undefined;
  let first: { readonly signal: string; readonly at: number } | undefined;
  const onSignal = (signal: string) => {
    if (first === undefined) {
      first = { signal, at: clock.now() };
      resolveFirst();
    } else if (signal !== first.signal || clock.now() - first.at >= onePressMs) onSecond();
  };
  const handlers = signals.map((signal) => [signal, () => onSignal(signal)] as const);
  for (const [signal, handle] of handlers) source.on(signal, handle);
  return {
    first: new Promise((resolve) => {
      resolveFirst = resolve;
    }),
    dispose: () => {
      for (const [signal, handle] of handlers) source.off(signal, handle);
    },
  };
}
