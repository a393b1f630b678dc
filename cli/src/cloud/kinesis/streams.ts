// Kinesis, composed: a stream for each that triggers use, and a reader per shard and function.
import { accountId, region } from '../aws-api/access.ts';
import { ShardReaders } from '../streams/shard-readers.ts';
import type { CloudSource } from '../triggers/cloud-source.ts';
import { existing } from '../triggers/resources.ts';
import { createKinesisApi } from './kinesis-api.ts';
import { type KinesisState, KinesisStream } from './kinesis-stream.ts';

export const kinesis: CloudSource<'kinesis'> = {
  identify({ stream_arn, stream_name }, { functionName, prefix }) {
    if (stream_arn !== undefined) return existing(stream_arn, '/');
    const name = `${prefix}-${stream_name ?? functionName}`;
    return { name, arn: `arn:aws:kinesis:${region}:${accountId}:stream/${name}` };
  },
  target: (_trigger, { resource: { arn, name } }) => ({ stream_name: name, stream_arn: arn }),
  allow: () => [{ actions: ['kinesis:*'], resources: ['*'] }],
  http2Variable: 'AWS_ENDPOINT_URL_KINESIS',
  create(resources, options) {
    const readers = new ShardReaders(options);
    const streams = resources.map((resource) => {
      const stream = new KinesisStream(
        resource,
        options.storage,
        options.kept.take<KinesisState>(resource.arn),
      );
      for (const consumer of resource.consumers) {
        for (const shard of stream.shards) {
          readers.add({ shard, consumer, source: 'kinesis', resource: stream.name });
        }
      }
      return stream;
    });
    const service = createKinesisApi({
      ...options,
      streams,
      consumersOf: ({ arn }) =>
        (resources.find((each) => each.arn === arn)?.consumers ?? []).map(({ functionName }) => functionName),
    });
    return {
      api: { name: 'kinesis', service },
      close: () => readers.close(),
      keep(kept) {
        for (const stream of streams) kept.keep(stream.arn, stream.state);
      },
    };
  },
};
