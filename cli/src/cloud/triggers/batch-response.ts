// Triggers: which records of a batch a function reports as failed (ReportBatchItemFailures).
import * as v from 'valibot';
import { parseJson } from '../../../../protocol/json.ts';
import type { Outcome } from '../../worker/contract.ts';

const schema = v.nullable(
  v.object({
    batchItemFailures: v.nullish(
      v.array(v.object({ itemIdentifier: v.pipe(v.string(), v.minLength(1)) })),
      [],
    ),
  }),
);

/**
 * The identifiers of failed records, or `all` if the answer cannot be parsed; the rules for SQS and for streams are the same.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export function reportedFailures(
  outcome: Outcome,
  identifiers: ReadonlySet<string>,
): ReadonlySet<string> | 'all' {
  if (!outcome.ok) return 'all';
  const text = Buffer.from(outcome.body).toString();
  const parsed = v.safeParse(schema, text === '' ? null : parseJson(text));
  if (!parsed.success) return 'all';
  const failed = new Set(parsed.output?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  return [...failed].every((each) => identifiers.has(each)) ? failed : 'all';
}
