// [1] The part of the proxy's process that gets answers from clients. proxy-process.ts loads it once it listens: loading it takes
// longer than the rest, and the runtime need not wait for that.
import { systemClock } from '../../../protocol/clock.ts';
import { reportBy } from '../report.ts';
import { type Decide, decideBy } from './decide.ts';
import { DeployedAnswers } from './deployed-answers.ts';
import { logLine } from './log-line.ts';
import { Relayed } from './relayed.ts';
import type { RuntimeApi } from './runtime-api.ts';

export interface RelayPart {
  readonly decide: Decide;
  /** Copies what the deployed code answers. */
  readonly deployed: DeployedAnswers;
  /** Reads who serves and connects, while the runtime starts. Never rejects. */
  start(): Promise<void>;
  /** Lambda ends the instance: lets clients know that they need not go on. Never rejects. */
  stop(): Promise<void>;
}

/**
 * `environment`: the variables as Lambda set them. `onRelays`: gets whether a client has had an invocation for a while.
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
    deployed: new DeployedAnswers(systemClock, () => relayed.observing()),
    start: () => relayed.start(),
    stop: () => relayed.stop(),
  };
}
