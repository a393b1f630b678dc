// Kinesis: PutRecord and PutRecords, as SDKs call them.
import * as v from 'valibot';
import type { Clock } from '../../../../protocol/clock.ts';
import { accountId } from '../aws-api/access.ts';
import { AwsError, CloudFullError } from '../aws-api/aws-error.ts';
import type { Caller } from '../aws-api/caller.ts';
import { checkLength, JsonService, parseInput } from '../aws-api/json-protocol.ts';
import type { Service } from '../aws-api/service.ts';
import type { SigV4Verifier } from '../aws-api/sigv4-verify.ts';
import type { CloudEvent } from '../cloud.ts';
import { type KinesisStream, type NewRecord, streamLimits } from './kinesis-stream.ts';

interface KinesisApiOptions {
  readonly streams: readonly KinesisStream[];
  /** Functions that a stream's records go to. */
  readonly consumersOf: (stream: KinesisStream) => readonly string[];
  readonly verifier: SigV4Verifier;
  readonly clock: Clock;
  readonly onEvent: (event: CloudEvent) => void;
}

const record = { Data: v.string(), PartitionKey: v.string(), ExplicitHashKey: v.optional(v.string()) };
const recordSchema = v.object(record);
const where = { StreamName: v.optional(v.string()), StreamARN: v.optional(v.string()) };
const putRecordRequest = v.object({ ...where, ...record });
const putRecordsRequest = v.object({ ...where, Records: v.array(recordSchema) });

/** The service behind the endpoint. */
export function createKinesisApi(options: KinesisApiOptions): Service {
  return new JsonService({
    verifier: options.verifier,
    signingName: 'kinesis',
    target: 'Kinesis_20131202',
    version: '1.1',
    namespace: undefined,
    // Base64 is a third more.
    bodyLimit: 2 * streamLimits.requestBytes,
    fullCode: 'ProvisionedThroughputExceededException',
    operations: {
      PutRecord: (input, caller) => putRecord(options, input, caller),
      PutRecords: (input, caller) => putRecords(options, input, caller),
    },
  });
}

function putRecord(options: KinesisApiOptions, raw: unknown, caller: Caller) {
  const input = parseInput(putRecordRequest, raw);
  const stream = findStream(options, input, 'PutRecord', caller);
  checkSize(input);
  return put(options, stream, input);
}

/** Records without room are named; the others are stored. */
function putRecords(options: KinesisApiOptions, raw: unknown, caller: Caller) {
  const input = parseInput(putRecordsRequest, raw);
  const { Records: records } = input;
  const stream = findStream(options, input, 'PutRecords', caller);
  checkLength('records', 'PutRecordsRequestEntry', records.length, streamLimits.records);
  for (const each of records) checkSize(each);
  if (records.reduce((sum, each) => sum + sizeOf(each), 0) > streamLimits.requestBytes) {
    throw new AwsError(
      'InvalidArgumentException',
      `Records size exceeds ${streamLimits.requestBytes / 1024 / 1024} MB limit`,
    );
  }
  const answers = records.map((each) => {
    try {
      return put(options, stream, each);
    } catch (error) {
      if (!(error instanceof CloudFullError)) throw error;
      return { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: error.message };
    }
  });
  return { FailedRecordCount: answers.filter((each) => 'ErrorCode' in each).length, Records: answers };
}

function put(options: KinesisApiOptions, stream: KinesisStream, input: v.InferOutput<typeof recordSchema>) {
  const given: NewRecord = {
    data: input.Data,
    partitionKey: input.PartitionKey,
    explicitHashKey: input.ExplicitHashKey,
  };
  const { shardId, sequenceNumber } = stream.put(given, options.clock.now());
  options.onEvent({
    type: 'published',
    source: 'kinesis',
    resource: stream.name,
    id: sequenceNumber,
    functionNames: options.consumersOf(stream),
  });
  return { SequenceNumber: sequenceNumber, ShardId: shardId };
}

function findStream(
  { streams }: KinesisApiOptions,
  { StreamName: name, StreamARN: arn }: { StreamName?: string | undefined; StreamARN?: string | undefined },
  action: string,
  caller: Caller,
): KinesisStream {
  const stream = streams.find((each) => (arn === undefined ? each.name === name : each.arn === arn));
  if (!stream) {
    throw new AwsError(
      'ResourceNotFoundException',
      `Stream ${name ?? arn?.split('/').at(-1)} under account ${arn?.split(':')[4] ?? accountId} not found.`,
    );
  }
  caller.allow(`kinesis:${action}`, stream.arn);
  return stream;
}

function checkSize(input: v.InferOutput<typeof recordSchema>): void {
  const { PartitionKey: key, ExplicitHashKey: hash } = input;
  if (key === '' || key.length > streamLimits.partitionKeyLength) {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value '${key}' at 'partitionKey' failed to satisfy constraint: Member must have length between 1 and ${streamLimits.partitionKeyLength}, inclusive`,
    );
  }
  if (hash !== undefined && !(/^(0|[1-9]\d{0,38})$/.test(hash) && BigInt(hash) >> 128n === 0n)) {
    throw new AwsError(
      'InvalidArgumentException',
      `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${hash}`,
    );
  }
  if (sizeOf(input) > streamLimits.recordBytes) {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value at 'data' failed to satisfy constraint: Member must have length less than or equal to ${streamLimits.recordBytes}`,
    );
  }
}

function sizeOf({ Data, PartitionKey }: v.InferOutput<typeof recordSchema>): number {
  return Buffer.byteLength(Data, 'base64') + Buffer.byteLength(PartitionKey);
}
