// What a function answers to a batch whose event source mapping takes partial failures (ReportBatchItemFailures): the stub merges
// such answers, and the local cloud acts on them. The rules are the same for SQS, Kinesis and DynamoDB:
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html

/**
 * The identifiers of the records that an answer reports as failed, each one of `ids`; empty for an answer that reports none: no
 * bytes, `null`, an object without a list. Undefined for an invalid answer, which fails the whole batch.
 */
export function failedRecords(answer: Uint8Array, ids: ReadonlySet<string>): ReadonlySet<string> | undefined {
  const failed = new Set<string>();
  if (answer.length === 0) return failed;
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(answer).toString('utf8'));
  } catch {
    return undefined;
  }
  if (parsed === null) return failed;
  if (typeof parsed !== 'object' || Array.isArray(parsed)) return undefined;
  const list = (parsed as { batchItemFailures?: unknown }).batchItemFailures ?? [];
  if (!Array.isArray(list)) return undefined;
  for (const each of list as readonly unknown[]) {
    const id =
      typeof each === 'object' && each !== null && (each as { itemIdentifier?: unknown }).itemIdentifier;
    if (typeof id !== 'string' || !ids.has(id)) return undefined;
    failed.add(id);
  }
  return failed;
}

/** The answer that reports these records. */
export function reportOf(failed: Iterable<string>): Buffer {
  return Buffer.from(
    JSON.stringify({ batchItemFailures: Array.from(failed, (itemIdentifier) => ({ itemIdentifier })) }),
  );
}
