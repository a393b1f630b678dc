// Inspector page: event sources by their names.
import type { SourceKind } from '../../../cli/src/recordings/recording.ts';

export const sourceWords: Readonly<Record<SourceKind, string>> = {
  http: 'HTTP',
  sqs: 'SQS',
  sns: 'SNS',
  eventbridge: 'EventBridge',
  schedule: 'Schedule',
  s3: 'S3',
  dynamodb: 'DynamoDB',
  kinesis: 'Kinesis',
  custom: 'Direct invoke',
};
