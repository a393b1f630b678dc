// An SQS queue, which Lambda polls.
import * as v from 'valibot';
import { part, text } from '../loose-parts.ts';
import { fields, flag, mustBe, wholeNumber } from '../schema-parts.ts';
import { declareSource, type FieldMistake } from './source.ts';
import { arn, create, oneOf, optionalText, resourceName } from './source-parts.ts';
import { declareRecord, lastOf } from './source-record.ts';

export const sqs = declareSource({
  title: 'SQS',
  resource: {
    arn: 'queue_arn',
    ofNew: ['queue_name', 'visibility_timeout_seconds'],
    shared: { kind: 'SQS queue', name: 'queue_name', most: 80 },
  },
  trigger: v.pipe(
    fields({
      create,
      queue_arn: v.optional(
        v.pipe(
          arn('sqs', /^arn:[^:]+:sqs:[^:]+:\d{12}:[^:]+$/, 'arn:aws:sqs:eu-west-1:123456789012:orders'),
          v.description('ARN of an existing queue. Default: a queue and its dead-letter queue are created.'),
        ),
      ),
      queue_name: v.optional(
        v.pipe(
          resourceName,
          v.description(
            'Last part of the new queue’s name. Functions that give the same name share the queue, and each message goes to one of them.',
          ),
        ),
      ),
      fifo_queue: v.optional(flag, false),
      batch_size: v.optional(wholeNumber(1, 10_000, 'messages'), 10),
      maximum_batching_window_in_seconds: v.optional(wholeNumber(0, 300, 'seconds'), 0),
      function_response_types: v.optional(
        v.pipe(
          v.array(oneOf(['ReportBatchItemFailures']), mustBe('an array')),
          v.description('["ReportBatchItemFailures"]: the function returns the messages that failed.'),
        ),
        [],
      ),
      visibility_timeout_seconds: v.optional(
        v.pipe(
          wholeNumber(0, 43_200, 'seconds'),
          v.description(
            'Visibility timeout of a new queue in seconds. Default: six times the stub’s timeout, as AWS recommends.',
          ),
        ),
      ),
      max_receive_count: v.optional(
        v.pipe(
          wholeNumber(1, 1000, 'receives'),
          v.description('Receives of a message of a new queue before it goes to the dead-letter queue.'),
        ),
        3,
      ),
    }),
    v.description('An SQS queue.'),
  ),
  target: v.object({ queue_url: v.string(), queue_arn: v.string(), dead_letter_queue_url: optionalText }),
  record: declareRecord({
    eventSource: 'aws:sqs',
    fields: { messageId: text, attributes: part({ ApproximateReceiveCount: text, SentTimestamp: text }) },
    ids: ({ messageId }) => [messageId],
    words: ({ eventSourceARN }) => ['SQS', lastOf(eventSourceARN, ':')],
    sentMs: ({ attributes }) => Number(attributes?.SentTimestamp),
    attempt: ({ attributes }) => Number(attributes?.ApproximateReceiveCount),
  }),
  mistakes(
    {
      batch_size,
      fifo_queue,
      maximum_batching_window_in_seconds: window,
      visibility_timeout_seconds: visibility,
    },
    stubTimeout,
  ) {
    const mistakes: FieldMistake[] = [];
    // https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html (BatchSize)
    if (fifo_queue && (batch_size > 10 || window > 0)) {
      mistakes.push(['fifo_queue', 'takes a batch_size up to 10 and no maximum_batching_window_in_seconds']);
    } else if (batch_size > 10 && window === 0) {
      mistakes.push(['batch_size', 'above 10 needs a maximum_batching_window_in_seconds of at least 1']);
    }
    if (visibility !== undefined && visibility < stubTimeout) {
      const words = `must be at least ${stubTimeout}, the stub's timeout, since Lambda refuses less: without it, the module sets six times the stub's timeout`;
      mistakes.push(['visibility_timeout_seconds', words]);
    }
    return mistakes;
  },
});
