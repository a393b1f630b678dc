// SQS: what its batch operations share: their rules, and one answer per entry.

import { AwsError, CloudFullError } from '../aws-api/aws-error.ts';
import { queueLimits } from './queue-limits.ts';

/** Throws SQS's error for an invalid batch. */
export function checkEntries(entries: readonly { readonly Id: string }[]): void {
  const ids = entries.map(({ Id }) => Id);
  if (ids.length === 0) {
    throw refusal(
      'EmptyBatchRequest',
      'There should be at least one SendMessageBatchRequestEntry in the request.',
    );
  }
  if (ids.length > queueLimits.batchEntries) {
    throw refusal(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${queueLimits.batchEntries}. You have sent ${ids.length}.`,
    );
  }
  if (!ids.every((id) => /^[A-Za-z0-9_-]{1,80}$/.test(id))) {
    throw refusal(
      'InvalidBatchEntryId',
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
    );
  }
  const twice = ids.find((id, index) => ids.indexOf(id) < index);
  if (twice !== undefined) throw refusal('BatchEntryIdsNotDistinct', `Id ${twice} repeated.`);
}

/** A refused entry does not affect the others. */
export function perEntry<Entry extends { readonly Id: string }>(
  entries: readonly Entry[],
  run: (entry: Entry) => Readonly<Record<string, unknown>>,
) {
  const Successful: unknown[] = [];
  const Failed: unknown[] = [];
  for (const entry of entries) {
    const { Id } = entry;
    try {
      Successful.push({ Id, ...run(entry) });
    } catch (error) {
      const known = error instanceof CloudFullError ? new AwsError('OverLimit', error.message) : error;
      if (!(known instanceof AwsError)) throw error;
      Failed.push({ Id, Code: known.code, Message: known.message, SenderFault: true });
    }
  }
  return { Successful, ...(Failed.length > 0 ? { Failed } : {}) };
}

function refusal(code: string, message: string): AwsError {
  return new AwsError(code, message, { queryCode: `AWS.SimpleQueueService.${code}` });
}
