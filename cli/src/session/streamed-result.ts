// [4] How a run whose response was streamed ends: the answer follows its parts.
import type { WorkerResult } from '../worker/contract.ts';
import { gaveUp } from './own-errors.ts';
import { deliveryGraceMs } from './replies.ts';
import type { Run } from './run.ts';

/** The rest of a streamed response is sent with its answer; an error follows everything that was written. */
export async function withRest(run: Run, result: WorkerResult): Promise<WorkerResult> {
  const { outcome } = result;
  if (!run.parts?.written || run.state !== 'running') return result;
  const rest = await run.parts.end(run.deadlineMs + deliveryGraceMs);
  if (rest === undefined) return { ...result, outcome: { ok: false, error: gaveUp('deadline') } };
  if (outcome.ok) return { ...result, outcome: { ...outcome, body: rest } };
  run.parts.append(rest);
  return result;
}
