// The stretches of an invocation's way, from what triggered it until the relay had the answer.
import type { BegunInvocation, EndedInvocation } from '../session/invocation-watcher.ts';
import type { Hop, HopName } from './recording.ts';

type Begun = Pick<BegunInvocation, 'sentMs' | 'arrivedMs' | 'stubMs' | 'triggerMs'>;
type Ended = Pick<EndedInvocation, 'result' | 'answeredMs' | 'deliveredMs'>;

/**
 * Those that are known, one after another. From the stub's sending on they add up to the whole time: `queue` is what neither
 * the code nor the start of its worker took. No hop is negative, even if a clock was set in the meantime.
 */
export function hopsOf(begun: Begun, ended: Ended): Hop[] {
  const { code_ms: code, init_ms: start = 0 } = ended.result;
  const here = Math.max(0, ended.answeredMs - begun.arrivedMs);
  const codeMs = Math.min(here, code);
  const startMs = Math.min(here - codeMs, start);
  const stretches: readonly (readonly [HopName, number | undefined])[] = [
    ['trigger', begun.triggerMs],
    ['stub', begun.stubMs],
    ['relay', begun.arrivedMs - begun.sentMs],
    ['queue', here - codeMs - startMs],
    ['start', startMs],
    ['code', codeMs],
    ['back', ended.deliveredMs - ended.answeredMs],
  ];
  const hops: Hop[] = [];
  let at = 0;
  for (const [name, taken] of stretches) {
    if (taken === undefined) continue;
    const ms = Math.max(0, taken);
    hops.push({ name, at_ms: round(at), ms: round(at + ms) - round(at) });
    at += ms;
  }
  return hops.map(({ at_ms, ms, name }) => ({ name, at_ms, ms: round(ms) }));
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
