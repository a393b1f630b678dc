// `livectl trigger`: its flags; trigger/run-trigger.ts does the work.
import { Command, Option } from 'clipanion';
import type { OutputFormat } from '../log/output.ts';
import { describeFlag } from './flag-help.ts';
import { wholeNumber } from './flag-values.ts';
import { outputFlags } from './livectl-command.ts';
import { PlaceCommand } from './place-command.ts';

export class TriggerCommand extends PlaceCommand {
  static override paths = [['trigger']];
  /** The parser has no names for words that may be left out in any order. */
  static readonly argumentNames = '[source] [function]';

  static override usage = Command.Usage({
    description: 'Publish an event to a function’s event source',
    details: `
      Sends a real request, message, event, object or record to what the function's trigger listens to: on AWS with
      \`--stage\`, or beside a running \`livectl serve --local\` with \`--local\`. Prints the ids it got and, where this
      machine serves the function, its log and result.

      The source may be left out if the function has only one trigger, or only one that takes the given flags.

      A body is the flag's text, \`@FILE\` for a file's content or \`-\` for stdin; to begin a text with @,
      write \`@@\`. In a terminal, livectl asks for what is missing.

      The exit code is 1 if the function failed, 2 if the command or its configuration is invalid.
    `,
    examples: [
      [
        'An HTTP request to the local cloud',
        'livectl trigger http api --local --method POST --body \'{"id":1}\'',
      ],
      ['A message to the stage’s SNS topic', 'livectl trigger sns worker --stage dev-tom --message hello'],
      [
        'A message from a file to its queue',
        'livectl trigger sqs worker --stage dev-tom --body @order.json --attribute kind=order',
      ],
      [
        'A message with tom’s mark, for serve --only baggage:dev=tom',
        'livectl trigger sqs worker --stage dev --as tom --body hello',
      ],
      [
        'An event; source and detail type from the rule’s pattern',
        'livectl trigger eventbridge audit --stage dev-tom --detail \'{"id":"7"}\'',
      ],
      ['Upload a file', 'livectl trigger s3 resize --stage dev-tom --file cat.jpg --key in/cat.jpg'],
      ['The schedule’s event, now', 'livectl trigger schedule cleanup --local'],
      ['A changed item', 'livectl trigger dynamodb audit --local --item \'{"id":"1","total":7}\''],
      ['A record from stdin', 'date | livectl trigger kinesis metrics --local --data -'],
      ['An asynchronous invocation', 'livectl trigger lambda worker --local --async --payload @event.json'],
    ],
  });

  method = Option.String('--method', {
    description: describeFlag(
      'HTTP',
      'METHOD',
      'http: the method; default the route’s, GET, or POST with a body',
    ),
  });
  // `path` is clipanion's own.
  httpPath = Option.String('--path', {
    description: describeFlag('HTTP', 'PATH', 'http: the path; default the route’s'),
  });
  header = Option.Array('--header', {
    description: describeFlag('HTTP', 'NAME:VALUE', 'http: a header; repeatable'),
  });
  as = Option.String('--as', {
    description: describeFlag(
      'Sharing a stage',
      'NAME',
      'http, sns, sqs: mark it for `serve --only baggage:dev=NAME`, in the header or attribute baggage',
    ),
  });
  query = Option.Array('--query', {
    description: describeFlag('HTTP', 'NAME=VALUE', 'http: a parameter of the query; repeatable'),
  });
  body = Option.String('--body', {
    description: describeFlag('HTTP', 'TEXT|@FILE', 'http, sqs: the body'),
  });
  message = Option.String('--message', {
    description: describeFlag('Messages', 'TEXT|@FILE', 'sns: the message'),
  });
  subject = Option.String('--subject', {
    description: describeFlag('Messages', 'TEXT', 'sns: the subject'),
  });
  attribute = Option.Array('--attribute', {
    description: describeFlag(
      'Messages',
      'NAME=VALUE',
      'sns, sqs: an attribute, or NAME:Number=VALUE; repeatable',
    ),
  });
  group = Option.String('--group', {
    description: describeFlag('Messages', 'ID', 'sns, sqs: message group, for FIFO'),
  });
  deduplicationId = Option.String('--deduplication-id', {
    description: describeFlag('Messages', 'ID', 'sns, sqs: for FIFO; default a generated one'),
  });
  source = Option.String('--source', {
    description: describeFlag(
      'EventBridge',
      'SOURCE',
      'eventbridge: the event’s source; default from the rule’s pattern',
    ),
  });
  detailType = Option.String('--detail-type', {
    description: describeFlag(
      'EventBridge',
      'TYPE',
      'eventbridge: the event’s detail type; default from the rule’s pattern',
    ),
  });
  detail = Option.String('--detail', {
    description: describeFlag('EventBridge', 'JSON|@FILE', 'eventbridge: a JSON object'),
  });
  file = Option.String('--file', {
    description: describeFlag('S3', 'FILE', 's3: the file to upload'),
  });
  text = Option.String('--text', {
    description: describeFlag('S3', 'TEXT|@FILE', 's3: the object’s content, instead of --file'),
  });
  key = Option.String('--key', {
    description: describeFlag(
      'S3',
      'KEY',
      's3: the object’s key; default the filter’s prefix and the file’s name',
    ),
  });
  metadata = Option.Array('--metadata', {
    description: describeFlag('S3', 'NAME=VALUE', 's3: metadata of the object; repeatable'),
  });
  item = Option.String('--item', {
    description: describeFlag(
      'DynamoDB and Kinesis',
      'JSON|@FILE',
      'dynamodb: a JSON object, plain or with DynamoDB’s types',
    ),
  });
  data = Option.String('--data', {
    description: describeFlag('DynamoDB and Kinesis', 'TEXT|@FILE', 'kinesis: the record’s data'),
  });
  partitionKey = Option.String('--partition-key', {
    description: describeFlag(
      'DynamoDB and Kinesis',
      'KEY',
      'kinesis: the partition key; default a generated one',
    ),
  });
  payload = Option.String('--payload', {
    description: describeFlag('Invocation', 'JSON|@FILE', 'lambda: the event as JSON; default {}'),
  });
  async = Option.Boolean('--async', {
    description: describeFlag('Invocation', 'lambda: do not wait for the function'),
  });
  qualifier = Option.String('--qualifier', {
    description: describeFlag('Invocation', 'VERSION', 'lambda: a version or alias, or $LATEST'),
  });

  wait = Option.String('--wait', '30', {
    description: describeFlag(
      'Waiting',
      'SECONDS',
      'Seconds to wait for the outcome, up to 3600; default 30',
    ),
  });
  noWait = Option.Boolean('--no-wait', false, {
    description: describeFlag('Waiting', 'Publish and exit without waiting'),
  });
  format = outputFlags.format('one object');
  verbose = outputFlags.verbose();
  words = Option.Rest({ name: 'source function' });

  async run(format: OutputFormat): Promise<number> {
    const { attribute, body, data, detail, file, group, header, item, key, message, metadata } = this;
    const { method, payload, query, source, subject, text } = this;
    const flags = {
      method,
      path: this.httpPath,
      header,
      as: this.as,
      query,
      body,
      message,
      subject,
      attribute,
      group,
      'deduplication-id': this.deduplicationId,
      source,
      'detail-type': this.detailType,
      detail,
      file,
      text,
      key,
      metadata,
      item,
      data,
      'partition-key': this.partitionKey,
      payload,
      async: this.async ? 'true' : undefined,
      qualifier: this.qualifier,
    };
    const seconds = wholeNumber('--wait', this.wait, 0, 3600);
    const options = {
      place: this.parsePlace(),
      words: this.words,
      flags,
      wait: this.noWait ? 0 : seconds,
      format,
    };
    const { runTrigger } = await import('../trigger/run-trigger.ts');
    return runTrigger(options);
  }
}
