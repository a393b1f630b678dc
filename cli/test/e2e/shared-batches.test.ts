// Two developers and the deployed code share batches: each record is handled by whom it belongs to, in order, and what fails comes
// again; with wrapped and replaced functions, of every source that takes partial failures.
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Mode, SharedBatches } from './shared-batches.ts';

const reports = { function_response_types: ['ReportBatchItemFailures'] };
const window = { maximum_batching_window_in_seconds: 1 };
const sources = {
  queue: { sqs: { ...reports, ...window, visibility_timeout_seconds: 15 } },
  fifo: { sqs: { ...reports, fifo_queue: true, visibility_timeout_seconds: 15 } },
  stream: { kinesis: { ...reports, ...window } },
  table: { dynamodb: { ...reports, ...window } },
};
type Source = keyof typeof sources;
const modes: readonly Mode[] = ['node', 'python', 'replaced'];
const cases = modes.flatMap((mode) =>
  Object.keys(sources).map((source) => [mode, source as Source] as const),
);

let shared: SharedBatches;

beforeAll(async () => {
  const functions = Object.fromEntries(cases.map(([mode, source]) => [`${mode}-${source}`, sources[source]]));
  shared = await SharedBatches.start({
    ...functions,
    'node-whole': { sqs: window },
  });
  await Promise.all([shared.serve('tom'), shared.serve('ann')]);
}, 120_000);
afterAll(() => shared?.close());

const owners = ['tom', 'deployed', 'ann', 'tom', 'tom', 'deployed', 'ann', 'deployed', 'tom'];
/** The fourth record fails when it comes for the first time; `x` and `y` are message groups. */
const records = owners.map((owner, index) => ({
  id: `${index}${index === 3 ? '-fails' : ''}`,
  owner,
  group: index % 2 === 0 ? 'x' : 'y',
}));

function client() {
  const { developerCredentials, endpointUrl, region, variables } = shared.cloud;
  return { region, credentials: developerCredentials, endpoint: endpointUrl, variables };
}

async function publish(functionName: string, source: Source | 'whole'): Promise<void> {
  const { variables, ...common } = client();
  const name = `live-debug-dev-${functionName}`;
  if (source === 'stream') {
    const endpoint = variables.get(functionName)?.AWS_ENDPOINT_URL_KINESIS ?? common.endpoint;
    const kinesis = new KinesisClient({ ...common, endpoint });
    await kinesis.send(
      new PutRecordsCommand({
        StreamName: name,
        Records: records.map(({ id, owner }) => ({
          Data: Buffer.from(JSON.stringify({ id, dev: owner })),
          PartitionKey: 'one',
        })),
      }),
    );
    kinesis.destroy();
  } else if (source === 'table') {
    const dynamodb = new DynamoDBClient(common);
    for (const { id, owner } of records)
      await dynamodb.send(
        new PutItemCommand({ TableName: name, Item: { id: { S: id }, dev: { S: owner } } }),
      );
    dynamodb.destroy();
  } else {
    const sqs = new SQSClient(common);
    const fifo = source === 'fifo';
    await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: `${common.endpoint}/000000000000/${name}${fifo ? '.fifo' : ''}`,
        Entries: records.map(({ id, owner, group }) => ({
          Id: id,
          MessageBody: id,
          MessageAttributes: { dev: { DataType: 'String', StringValue: owner } },
          ...(fifo ? { MessageGroupId: group, MessageDeduplicationId: id } : {}),
        })),
      }),
    );
    sqs.destroy();
  }
}

test.concurrent.each(cases)(
  '%s function, %s',
  async (mode, source) => {
    const name = `${mode}-${source}`;
    await publish(name, source);
    const handlings = () =>
      shared.takenOf(name).flatMap(({ at, ids, who }) => ids.map((id) => ({ at, id, who })));
    await shared.until(() =>
      records.every(
        ({ id }) => handlings().filter((each) => each.id === id).length >= (id.endsWith('fails') ? 2 : 1),
      ),
    );
    // By whom it belongs to, and nobody else.
    const who = Object.fromEntries(
      records.map(({ id }) => [
        id,
        [
          ...new Set(
            handlings()
              .filter((each) => each.id === id)
              .map((each) => each.who),
          ),
        ],
      ]),
    );
    expect(who).toEqual(Object.fromEntries(records.map(({ id, owner }) => [id, [owner]])));
    const times = (id: string) => handlings().filter((each) => each.id === id).length;
    if (source === 'queue' || source === 'fifo')
      expect(records.map(({ id }) => times(id))).toEqual(
        records.map(({ id }) => (id.endsWith('fails') ? 2 : 1)),
      );
    // Parts have several records.
    expect(shared.takenOf(name).some(({ ids }) => ids.length > 1)).toBe(true);
    if (source === 'queue') return;
    // In order: nothing of a group or a shard is handled before the records before it have succeeded.
    const last = (id: string) =>
      Math.max(
        ...handlings()
          .filter((each) => each.id === id)
          .map(({ at }) => at),
      );
    const first = (id: string) =>
      Math.min(
        ...handlings()
          .filter((each) => each.id === id)
          .map(({ at }) => at),
      );
    const groups = source === 'fifo' ? ['x', 'y'] : ['all'];
    for (const group of groups) {
      const ofGroup = records.filter((each) => group === 'all' || each.group === group);
      for (const [index, { id, owner }] of ofGroup.entries())
        for (const before of ofGroup.slice(0, index))
          if (before.owner !== owner)
            expect(last(before.id), `${before.id} before ${id}`).toBeLessThanOrEqual(first(id));
    }
  },
  60_000,
);

test.concurrent('without ReportBatchItemFailures a batch of several goes whole, to the deployed code', async () => {
  await publish('node-whole', 'whole');
  await shared.until(
    () => new Set(shared.takenOf('node-whole').flatMap(({ ids }) => ids)).size === records.length,
  );
  const taken = shared.takenOf('node-whole');
  expect(taken.filter(({ ids }) => ids.length > 1).map(({ who }) => who)).toEqual(
    taken.filter(({ ids }) => ids.length > 1).map(() => 'deployed'),
  );
}, 60_000);
