// DynamoDB streams, composed: a table with a stream for each that triggers use, and a reader per function. Writes to the tables
// are handled by the directory's service.
import { tableArn } from '../aws-api/access.ts';
import type { CloudSource } from '../triggers/cloud-source.ts';
import { existing } from '../triggers/resources.ts';
import { ShardReaders } from './shard-readers.ts';
import { addStreamedTable, tableStreamArn } from './table-stream.ts';

export const dynamodb: CloudSource<'dynamodb'> = {
  /** The ARN is the table's. */
  identify({ stream_arn, table_name }, { functionName, prefix }) {
    if (stream_arn !== undefined) return existing(stream_arn.split('/stream/')[0] ?? '', '/');
    const name = `${prefix}-${table_name ?? functionName}`;
    return { name, arn: tableArn(name) };
  },
  target: (trigger, { resource }) => ({
    table_name: resource.name,
    stream_arn: tableStreamArn(trigger, resource),
    hash_key: trigger.hash_key,
    range_key: trigger.range_key,
  }),
  allow: (resources) => [{ actions: ['dynamodb:*'], resources: resources.map(({ arn }) => arn) }],
  create(resources, options) {
    const readers = new ShardReaders(options);
    const tables = resources.map((resource) => addStreamedTable({ ...options, resource, readers }));
    return {
      close: () => readers.close(),
      keep(kept) {
        for (const keep of tables) keep(kept);
      },
    };
  },
};
