// `livectl trigger kinesis`: puts a record into the stream.
import { randomUUID } from 'node:crypto';
import type { Source } from './source.ts';

export const kinesis: Source<'kinesis'> = {
  flags: ['data', 'partition-key'],
  missing: (given) => (given.has('data') ? [] : [{ flag: 'data', question: 'Data of the record' }]),
  async publish(given, { resource }, aws) {
    const { stream_arn: streamArn, stream_name: streamName } = resource;
    const record = {
      StreamName: streamName,
      Data: await given.body('data'),
      // Any key will do; a random one distributes records over the shards.
      PartitionKey: given.text('partition-key') ?? randomUUID(),
    };
    const output = await aws.call('kinesis:PutRecord', streamArn, (calls) => calls.putRecord(record));
    const sequenceNumber = output.SequenceNumber ?? '';
    return {
      to: streamArn,
      ids: {
        sequence_number: sequenceNumber,
        shard_id: output.ShardId ?? '',
        partition_key: record.PartitionKey,
      },
      traces: [sequenceNumber],
    };
  },
};
