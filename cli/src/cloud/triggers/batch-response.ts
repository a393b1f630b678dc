// Triggers: which records of a batch a function reports as failed (ReportBatchItemFailures).
import { failedRecords } from '../../../../protocol/batch-answer.ts';
import type { Outcome } from '../../worker/contract.ts';

/** The identifiers of failed records, or `all` if there is no valid answer. */
export function reportedFailures(
  outcome: Outcome,
  identifiers: ReadonlySet<string>,
): ReadonlySet<string> | 'all' {
  return outcome.ok ? (failedRecords(outcome.body, identifiers) ?? 'all') : 'all';
}
