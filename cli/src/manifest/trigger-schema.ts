// The schema of `triggers` in livectl.json: the event sources that Terraform makes, or finds, for a function. Field
// names are those of the AWS provider's resources; JSON inside is a string there too, since Terraform's types can't
// hold documents of any shape.
import * as v from 'valibot';
import { fields, flag, mustBe, type Refusal, text, texts, wholeNumber } from './schema-parts.ts';

/** One of these words. */
function oneOf<const Words extends readonly string[]>(words: Words) {
  const list = [words.slice(0, -1).join(', '), words.at(-1)].filter(Boolean).join(' or ');
  return v.picklist(words, (refusal: Refusal) => mustBe(list)(refusal));
}

/** `form` must be written as a literal (scripts/patterns.mjs). */
function arn(service: string, form: RegExp, example: string) {
  return v.pipe(
    text,
    v.regex(form, ({ input }) => `${JSON.stringify(input)} is no ARN of ${service}: write e.g. ${example}`),
  );
}

/** Part of a resource's name; the module puts its own name and the stage's before it. */
const resourceName = v.pipe(
  text,
  v.regex(
    /^[a-zA-Z0-9_-]{1,64}$/,
    ({ input }) => `${JSON.stringify(input)} must be letters, digits, - and _, at most 64`,
  ),
);

/** JSON text that holds an object; trigger-rules.ts parses it. */
const jsonObject = v.pipe(
  text,
  v.regex(/^\s*\{[\s\S]*\}\s*$/, 'must be a JSON object as a string: in Terraform jsonencode({ ... })'),
);

/** Terraform can't see before an apply whether an ARN that it will know then is null. */
const create = v.optional(
  v.pipe(
    flag,
    v.description('For Terraform: false where the ARN is of a resource that the same configuration makes.'),
  ),
);

const cors = v.pipe(
  fields({
    allow_origins: v.optional(texts),
    allow_methods: v.optional(texts),
    allow_headers: v.optional(texts),
    expose_headers: v.optional(texts),
    allow_credentials: v.optional(flag),
    max_age: v.optional(wholeNumber(0, 86_400, 'seconds')),
  }),
  v.description('Cross-origin resource sharing, as in aws_apigatewayv2_api and aws_lambda_function_url.'),
);

/** https, as API Gateway demands it; plain HTTP for an issuer that is tried on this machine. */
const issuerUrl = /^(https:\/\/[^/?#\s]+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?)(\/[^?#\s]*)?$/;

const http = v.pipe(
  fields({
    path: v.optional(
      v.pipe(
        text,
        v.regex(/^\//, ({ input }) => `${JSON.stringify(input)} must start with /`),
        v.description(
          'Path of the HTTP API route, e.g. /orders/{id}; the last segment may be {proxy+}. Default: /<function> and all below it.',
        ),
      ),
    ),
    method: v.optional(
      v.pipe(
        oneOf(['ANY', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']),
        v.description('HTTP method of the route, in capitals.'),
      ),
      'ANY',
    ),
    authorization_type: v.optional(
      v.pipe(
        oneOf(['NONE', 'AWS_IAM', 'JWT']),
        v.description(
          'NONE lets anybody on the internet who has the URL call it, and so run code on the laptop that serves the stage. AWS_IAM takes signed requests only, JWT tokens of jwt_configuration only. Default: NONE.',
        ),
      ),
    ),
    jwt_configuration: v.optional(
      v.pipe(
        fields({
          issuer: v.pipe(
            text,
            v.regex(
              issuerUrl,
              ({ input }) => `${JSON.stringify(input)} must be an https URL, e.g. https://login.example.com`,
            ),
            v.description(
              'URL of the issuer, as in the tokens; it must publish /.well-known/openid-configuration. http only for one on this machine, with serve --local.',
            ),
          ),
          audience: v.pipe(
            texts,
            v.minLength(1, 'must have an audience'),
            // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
            v.maxLength(50, 'must have at most 50 audiences'),
            v.description('Accepted values of aud, or of client_id where a token has no aud.'),
          ),
        }),
        v.description('The tokens that authorization_type JWT accepts.'),
      ),
    ),
    authorization_scopes: v.optional(
      v.pipe(
        texts,
        v.maxLength(10, 'must have at most 10 scopes'),
        v.description('With JWT: a token must have at least one of these scopes.'),
      ),
    ),
    throttling_rate_limit: v.optional(
      v.pipe(
        v.number(mustBe('a number')),
        v.minValue(1, ({ input }) => `${input} is less than 1 request per second`),
        v.maxValue(10_000, ({ input }) => `${input} is more than 10000 requests per second`),
        v.description(
          'Requests per second that the route accepts on average; more get 429. Default on AWS: 50; serve --local applies what is written here only.',
        ),
      ),
    ),
    throttling_burst_limit: v.optional(
      v.pipe(
        wholeNumber(1, 5000, 'requests'),
        v.description('Requests that the route accepts at once. Default on AWS: 100.'),
      ),
    ),
    cors: v.optional(cors),
  }),
  v.description('Call the function through an HTTP API.'),
);

const functionUrl = v.pipe(
  fields({
    authorization_type: v.optional(
      v.pipe(oneOf(['AWS_IAM', 'NONE']), v.description('NONE lets anybody call it.')),
      'AWS_IAM',
    ),
    invoke_mode: v.optional(
      v.pipe(
        oneOf(['BUFFERED', 'RESPONSE_STREAM']),
        v.description('RESPONSE_STREAM sends a response as it is written.'),
      ),
      'BUFFERED',
    ),
    cors: v.optional(cors),
  }),
  v.description('A URL of the function’s own.'),
);

const sns = v.pipe(
  fields({
    create,
    topic_arn: v.optional(
      v.pipe(
        arn('sns', /^arn:[^:]+:sns:[^:]+:\d{12}:[^:]+$/, 'arn:aws:sns:eu-west-1:123456789012:orders'),
        v.description('A topic that exists. Default: one is made.'),
      ),
    ),
    topic_name: v.optional(
      v.pipe(
        resourceName,
        v.description('Last part of the new topic’s name; functions that say the same share it.'),
      ),
    ),
    filter_policy: v.optional(
      v.pipe(jsonObject, v.description('Which messages, as JSON text: {"kind":["order"]}.')),
    ),
    filter_policy_scope: v.optional(oneOf(['MessageAttributes', 'MessageBody']), 'MessageAttributes'),
  }),
  v.description('Subscribe the function to an SNS topic.'),
);

const sqs = v.pipe(
  fields({
    create,
    queue_arn: v.optional(
      v.pipe(
        arn('sqs', /^arn:[^:]+:sqs:[^:]+:\d{12}:[^:]+$/, 'arn:aws:sqs:eu-west-1:123456789012:orders'),
        v.description('A queue that exists. Default: one is made, with a dead-letter queue.'),
      ),
    ),
    queue_name: v.optional(
      v.pipe(
        resourceName,
        v.description('Last part of the new queue’s name; functions that say the same share it.'),
      ),
    ),
    fifo_queue: v.optional(flag, false),
    batch_size: v.optional(wholeNumber(1, 10_000, 'messages'), 10),
    maximum_batching_window_in_seconds: v.optional(wholeNumber(0, 300, 'seconds'), 0),
    function_response_types: v.optional(
      v.pipe(
        v.array(oneOf(['ReportBatchItemFailures']), mustBe('an array')),
        v.description('["ReportBatchItemFailures"]: the function names the messages that failed.'),
      ),
      [],
    ),
    visibility_timeout_seconds: v.optional(
      v.pipe(
        wholeNumber(0, 43_200, 'seconds'),
        v.description('Of a new queue. Default: six times the function’s timeout, as AWS advises.'),
      ),
    ),
    max_receive_count: v.optional(
      v.pipe(
        wholeNumber(1, 1000, 'receives'),
        v.description('Of a new queue: so often a message is tried before it goes to the dead-letter queue.'),
      ),
      3,
    ),
  }),
  v.description('Work through an SQS queue.'),
);

const eventbridge = v.pipe(
  fields({
    event_bus_arn: v.optional(
      v.pipe(
        arn(
          'events',
          /^arn:[^:]+:events:[^:]+:\d{12}:event-bus\//,
          'arn:aws:events:eu-west-1:123456789012:event-bus/orders',
        ),
        v.description('A bus that exists. Default: the account’s default bus.'),
      ),
    ),
    event_bus_name: v.optional(
      v.pipe(
        resourceName,
        v.description('Last part of a new bus’s name; functions that say the same share it.'),
      ),
    ),
    event_pattern: v.pipe(
      jsonObject,
      v.description('Which events, as JSON text: {"source":["shop.orders"]}.'),
    ),
  }),
  v.description('Receive the events of an EventBridge bus that match a pattern.'),
);

const schedule = v.pipe(
  fields({
    schedule_expression: v.pipe(
      text,
      v.regex(
        /^(rate\((1 (minute|hour|day)|(\d{2,}|[2-9]) (minutes|hours|days))\)|cron\(\S+( \S+){5}\))$/,
        ({ input }) => `${JSON.stringify(input)} must be e.g. rate(5 minutes) or cron(0 8 ? * MON-FRI *)`,
      ),
      v.description('rate(5 minutes) or cron(0 8 ? * MON-FRI *), in UTC.'),
    ),
    input: v.optional(
      v.pipe(jsonObject, v.description('The event instead of EventBridge’s own, as JSON text.')),
    ),
  }),
  v.description('Call the function by the clock: an EventBridge rule.'),
);

const s3 = v.pipe(
  fields({
    create,
    bucket_arn: v.optional(
      v.pipe(
        arn('s3', /^arn:[^:]+:s3:::[^/]+$/, 'arn:aws:s3:::orders'),
        v.description(
          'A bucket that exists; its notifications become Terraform’s, which replaces those it has. Default: one is made.',
        ),
      ),
    ),
    bucket_name: v.optional(
      v.pipe(
        resourceName,
        v.description('Last part of the new bucket’s name; functions that say the same share it.'),
      ),
    ),
    events: v.optional(texts, ['s3:ObjectCreated:*']),
    filter_prefix: v.optional(text),
    filter_suffix: v.optional(text),
    force_destroy: v.optional(
      v.pipe(flag, v.description('Of a new bucket: destroying it deletes the objects in it.')),
      false,
    ),
  }),
  v.description('Hear of objects in an S3 bucket.'),
);

const startingPosition = v.optional(oneOf(['LATEST', 'TRIM_HORIZON']), 'LATEST');
const recordBatch = {
  batch_size: v.optional(wholeNumber(1, 10_000, 'records'), 100),
  maximum_batching_window_in_seconds: v.optional(wholeNumber(0, 300, 'seconds'), 0),
  starting_position: startingPosition,
  maximum_retry_attempts: v.optional(
    v.pipe(
      wholeNumber(-1, 10_000, 'attempts'),
      v.description('-1: until success or until the record expires.'),
    ),
    -1,
  ),
  bisect_batch_on_function_error: v.optional(flag, false),
  function_response_types: v.optional(v.array(oneOf(['ReportBatchItemFailures']), mustBe('an array')), []),
};

const dynamodb = v.pipe(
  fields({
    create,
    stream_arn: v.optional(
      v.pipe(
        arn(
          'dynamodb',
          /^arn:[^:]+:dynamodb:[^:]+:\d{12}:table\/[^/]+\/stream\//,
          'arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-31T00:00:00.000',
        ),
        v.description('The stream of a table that exists. Default: a table with a stream is made.'),
      ),
    ),
    table_name: v.optional(
      v.pipe(
        resourceName,
        v.description('Last part of the new table’s name; functions that say the same share it.'),
      ),
    ),
    hash_key: v.optional(v.pipe(text, v.description('Of a new table; a string.')), 'id'),
    range_key: v.optional(v.pipe(text, v.description('Of a new table; a string.'))),
    stream_view_type: v.optional(
      oneOf(['NEW_AND_OLD_IMAGES', 'NEW_IMAGE', 'OLD_IMAGE', 'KEYS_ONLY']),
      'NEW_AND_OLD_IMAGES',
    ),
    ...recordBatch,
  }),
  v.description('Hear of changes in a DynamoDB table, by its stream.'),
);

const kinesis = v.pipe(
  fields({
    create,
    stream_arn: v.optional(
      v.pipe(
        arn(
          'kinesis',
          /^arn:[^:]+:kinesis:[^:]+:\d{12}:stream\//,
          'arn:aws:kinesis:eu-west-1:123456789012:stream/orders',
        ),
        v.description('A stream that exists. Default: one is made, which costs by the hour.'),
      ),
    ),
    stream_name: v.optional(
      v.pipe(
        resourceName,
        v.description('Last part of the new stream’s name; functions that say the same share it.'),
      ),
    ),
    ...recordBatch,
  }),
  v.description('Work through a Kinesis data stream.'),
);

/** `triggers` of one function. */
export const triggersSchema = fields({
  http: v.optional(http),
  function_url: v.optional(functionUrl),
  sns: v.optional(sns),
  sqs: v.optional(sqs),
  eventbridge: v.optional(eventbridge),
  schedule: v.optional(schedule),
  s3: v.optional(s3),
  dynamodb: v.optional(dynamodb),
  kinesis: v.optional(kinesis),
});

/** What livectl.json says of a function's event sources, with defaults; field names as in the file. */
export type Triggers = v.InferOutput<typeof triggersSchema>;
