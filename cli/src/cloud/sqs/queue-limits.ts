// SQS: its numbers, as AWS sets them; docs/local-cloud.md has the page each was read on.
import { kilobyte, minute } from '../aws-api/aws-limits.ts';

export const queueLimits = {
  /** Size of one message, and of a batch. */
  messageBytes: 1024 * kilobyte,
  batchEntries: 10,
  delaySeconds: 900,
  waitSeconds: 20,
  visibilitySeconds: 43_200,
  deduplicationMs: 5 * minute,
} as const;
