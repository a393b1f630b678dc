// What invocations cost, counted from the Region's requests and the line's frames.
import { type Laboratory, type Stage, sleep } from './laboratory.ts';
import type { Entry } from './ledger.ts';

/** After this, messages sent besides the answer have arrived too; in milliseconds. */
const restMs = 500;

export interface Counted<T> {
  /** Of the calls. */
  readonly result: T;
  readonly entries: readonly Entry[];
  /** On the line, from the laptop and to it. */
  readonly upBytes: number;
  readonly downBytes: number;
}

/** Counts what happens while `calls` runs, half a second before and after included. */
export async function counted<T>(
  laboratory: Laboratory,
  stage: Stage,
  calls: () => Promise<T>,
): Promise<Counted<T>> {
  await sleep(restMs);
  stage.region.ledger.take();
  const before = await laboratory.line.count();
  const result = await calls();
  await sleep(restMs);
  const after = await laboratory.line.count();
  return {
    result,
    entries: stage.region.ledger.take(),
    upBytes: after.up.bytes - before.up.bytes,
    downBytes: after.down.bytes - before.down.bytes,
  };
}
