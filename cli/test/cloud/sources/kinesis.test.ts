// Kinesis in the local cloud: records put by AWS's SDK are read in order, and tried until they succeed.
import { KinesisClient, PutRecordCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, describe, expect, test } from 'vitest';
import { shapeOf } from './shape.ts';
import { type Invoked, type SourceWorld, startSources, type TriggersInput } from './source-world.ts';

let world: SourceWorld;
let kinesis: KinesisClient;

async function start(trigger: TriggersInput['kinesis'] = {}, answer?: (invoked: Invoked) => void) {
  world = await startSources({ read: { kinesis: trigger } }, answer);
  kinesis = new KinesisClient({ ...world.client, requestHandler: new NodeHttpHandler() });
}

afterEach(async () => {
  kinesis.destroy();
  await world.close();
});

const StreamName = 'live-debug-local-read';
const put = (text: string, PartitionKey = 'a') =>
  kinesis.send(new PutRecordCommand({ StreamName, Data: Buffer.from(text), PartitionKey }));
const putAll = (texts: readonly string[], PartitionKey = 'a') =>
  kinesis.send(
    new PutRecordsCommand({
      StreamName,
      Records: texts.map((text) => ({ Data: Buffer.from(text), PartitionKey })),
    }),
  );
const textsOf = ({ event }: Invoked): string[] =>
  event.Records.map((each: { kinesis: { data: string } }) =>
    Buffer.from(each.kinesis.data, 'base64').toString(),
  );
const settled = () => new Promise((resolve) => setImmediate(resolve));
const windowed = { maximum_batching_window_in_seconds: 1 };

// https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
const documented = {
  Records: [
    {
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: '1',
        sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
        data: 'SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==',
        approximateArrivalTimestamp: 1545084650.987,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: 'shardId-000000000006:49590338271490256608559692538361571095921575989136588898',
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: 'arn:aws:iam::123456789012:role/lambda-role',
      awsRegion: 'us-east-2',
      eventSourceARN: 'arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream',
    },
  ],
};

describe('a record', () => {
  test('arrives as the documented event', async () => {
    await start();
    const { SequenceNumber, ShardId } = await put('Grüße');
    const { event } = await world.invoked.next();
    expect(shapeOf(event)).toEqual(shapeOf(documented));
    expect(event.Records[0]).toMatchObject({
      kinesis: {
        partitionKey: 'a',
        sequenceNumber: SequenceNumber,
        data: Buffer.from('Grüße').toString('base64'),
        approximateArrivalTimestamp: world.clock.now() / 1000,
      },
      eventID: `${ShardId}:${SequenceNumber}`,
      eventSourceARN: world.targets('read').kinesis?.stream_arn,
    });
    expect(SequenceNumber).toHaveLength(56);
    expect(world.told.all).toMatchObject([{ type: 'published', source: 'kinesis', id: SequenceNumber }]);
  });

  test('is read in the order of its shard; shards beside each other', async () => {
    await start();
    // AWS's rule: MD5 of the key in the shards' ranges of 128 bits.
    await putAll(['1', '2'], 'a');
    await putAll(['3'], 'd');
    const shards = new Set(world.told.all.map((told) => told.type));
    expect(shards).toEqual(new Set(['published']));
    await world.invoked.count(2);
    await put('4', 'a');
    expect(world.invoked.all.map(textsOf)).toEqual([['1'], ['3']]);
    world.invoked.all[0]?.succeed();
    await world.invoked.count(3);
    expect(world.invoked.all.map(textsOf)).toEqual([['1'], ['3'], ['2', '4']]);
  });
});

describe('a batch', () => {
  test('is full, or the window is over', async () => {
    await start({ batch_size: 2, ...windowed }, (invoked) => invoked.succeed());
    await putAll(['1', '2', '3']);
    await settled();
    expect(world.invoked.all.map(textsOf)).toEqual([['1', '2']]);
    world.clock.advance(1000);
    expect(world.invoked.all.map(textsOf)).toEqual([['1', '2'], ['3']]);
  });

  test('that fails is tried again, ever later, and nothing behind it is read', async () => {
    let failures = 7;
    await start({}, (invoked) => {
      failures -= 1;
      if (failures >= 0) invoked.fail();
      else invoked.succeed();
    });
    await put('1');
    await put('2');
    const delays: number[] = [];
    while (delays.length < 7) delays.push(await world.clock.fireNext());
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000]);
    await world.invoked.count(9);
    expect(world.invoked.all.map(textsOf)).toEqual([...Array.from({ length: 8 }, () => ['1']), ['2']]);
    expect(world.told.all.filter(({ type }) => type === 'retry')[1]).toEqual({
      type: 'retry',
      source: 'kinesis',
      resource: StreamName,
      functionName: 'read',
      id: world.invoked.all[1]?.options.id,
      attempt: 2,
      attempts: undefined,
      delayMs: 2000,
      reason: 'TypeError: no',
    });
  });

  test('is given up on after as many retries as the trigger says', async () => {
    await start({ maximum_retry_attempts: 1 }, (invoked) =>
      textsOf(invoked).includes('bad') ? invoked.fail() : invoked.succeed(),
    );
    const { SequenceNumber } = await put('bad');
    await put('good');
    expect(await world.clock.fireNext()).toBe(1000);
    await world.invoked.count(3);
    expect(world.invoked.all.map(textsOf)).toEqual([['bad'], ['bad'], ['good']]);
    expect(world.told.all.at(-1)).toEqual({
      type: 'dead_letter',
      source: 'kinesis',
      resource: StreamName,
      functionName: 'read',
      ids: [SequenceNumber],
      attempts: 2,
      reason: 'TypeError: no',
    });
  });

  test('is split where the trigger says so, until the bad record stands alone', async () => {
    const tried: string[][] = [];
    const bisecting = { bisect_batch_on_function_error: true, maximum_retry_attempts: 0, ...windowed };
    await start(bisecting, (invoked) => {
      tried.push(textsOf(invoked));
      if (textsOf(invoked).includes('bad')) invoked.fail();
      else invoked.succeed();
    });
    await putAll(['1', '2', 'bad', '4']);
    world.clock.advance(1000);
    for (const _ of [1, 2]) await world.clock.fireNext();
    await world.told.first(({ type }) => type === 'dead_letter');
    await world.invoked.count(5);
    expect(tried).toEqual([['1', '2', 'bad', '4'], ['1', '2'], ['bad', '4'], ['bad'], ['4']]);
  });

  test('goes on from the first record that is reported as failed', async () => {
    const reporting = { function_response_types: ['ReportBatchItemFailures' as const], ...windowed };
    let reports = 0;
    await start(reporting, (invoked) => {
      const { sequenceNumber: itemIdentifier } = invoked.event.Records[1]?.kinesis ?? {};
      reports += 1;
      invoked.succeed(reports === 1 ? { batchItemFailures: [{ itemIdentifier }] } : undefined);
    });
    await putAll(['1', '2', '3']);
    world.clock.advance(1000);
    expect(await world.clock.fireNext()).toBe(1000);
    await world.invoked.count(2);
    expect(world.invoked.all.map(textsOf)).toEqual([
      ['1', '2', '3'],
      ['2', '3'],
    ]);
  });

  test('is not tried again after the end', async () => {
    await start({}, (invoked) => invoked.fail());
    await put('1');
    await world.clock.untilSet(1000);
    world.sources.close();
    world.clock.advance(60_000);
    await settled();
    expect(world.invoked.all).toHaveLength(1);
  });
});

describe('what AWS refuses', () => {
  test('a stream that is not there', async () => {
    await start();
    const command = new PutRecordCommand({ StreamName: 'other', Data: Buffer.from('x'), PartitionKey: 'a' });
    await expect(kinesis.send(command)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Stream other under account 000000000000 not found.',
    });
  });

  test('records too large, and more than the local cloud holds', async () => {
    await start();
    await expect(put('x'.repeat(1024 * 1024 + 1))).rejects.toMatchObject({ name: 'ValidationException' });
    const mebibyte = 'x'.repeat(1024 * 1024 - 10);
    let failed = 0;
    for (let round = 0; round < 15; round += 1) {
      failed += (await putAll([mebibyte, mebibyte, mebibyte, mebibyte])).FailedRecordCount ?? 0;
    }
    expect(failed).toBeGreaterThan(0);
    await expect(put(mebibyte)).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' });
  });
});
