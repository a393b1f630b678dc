// Which sources of a function take partial failures, as triggers-polled.tf of the Terraform module lists them for the stub.
import { queueName } from './derived-names.ts';
import type { Triggers } from './trigger-schema.ts';

/** Where new resources are. */
interface Place {
  /** `<name>-<stage>`. */
  readonly prefix: string;
  readonly region: string;
  readonly accountId: string;
}

/** The variable that lists them, of stubs and wrappers. */
export const partialFailuresVariable = 'LIVE_DEBUG_PARTIAL_FAILURES';

/** ARNs of queues and streams whose event source mapping has `ReportBatchItemFailures`; of a new table, those of all its streams. */
export function partialFailureArns(
  functionName: string,
  { dynamodb, kinesis, sqs }: Triggers,
  { prefix, region, accountId }: Place,
): string[] {
  const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${accountId}:${resource}`;
  const { fifo_queue = false, queue_arn, queue_name = functionName } = sqs ?? {};
  const { stream_arn: table_stream, table_name = functionName } = dynamodb ?? {};
  const { stream_arn, stream_name = functionName } = kinesis ?? {};
  const sources = [
    [sqs, queue_arn ?? arn('sqs', queueName(queue_name, prefix, fifo_queue))],
    [dynamodb, table_stream ?? arn('dynamodb', `table/${prefix}-${table_name}/stream/*`)],
    [kinesis, stream_arn ?? arn('kinesis', `stream/${prefix}-${stream_name}`)],
  ] as const;
  return sources.flatMap(([trigger, source]) =>
    trigger?.function_response_types.includes('ReportBatchItemFailures') ? [source] : [],
  );
}
