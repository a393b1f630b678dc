// [1] What answers an invocation by a client, in the proxy's process. Loaded by proxy-process.ts once that listens: reading it
// takes longer than the rest, and the runtime need not wait for it.
import { systemClock } from '../../../protocol/clock.ts';
import { reportBy } from '../report.ts';
import { type Decide, decideBy } from './decide.ts';
import { logLine } from './log-line.ts';
import { Relayed } from './relayed.ts';
import type { RuntimeApi } from './runtime-api.ts';

export interface RelayPart {
  readonly decide: Decide;
  /** Beside the runtime's own start: reads who serves, and connects. Never rejects. */
  start(): Promise<void>;
  /** Lambda ends the instance: clients need not go on. Never rejects. */
  stop(): Promise<void>;
}

/**
 * `environment`: the variables as Lambda set them. `onRelays`: whether a client has had an invocation for a while.
 * Throws LD_STUB_CONFIG when the environment lacks what the module sets.
 */
export function relayPart(
  environment: Readonly<Record<string, string>>,
  api: RuntimeApi,
  onRelays: (relays: boolean) => void,
): RelayPart {
  reportBy(logLine);
  const relayed = new Relayed(environment, systemClock);
  relayed.onRelays = onRelays;
  return {
    decide: decideBy(relayed, api, systemClock),
    start: () => relayed.start(),
    stop: () => relayed.stop(),
  };
}
