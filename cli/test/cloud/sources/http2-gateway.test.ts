// HTTP/2 in front of the event sources: AWS's own Kinesis client as it comes, and everything else as before.
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterEach, expect, test } from 'vitest';
import { type Http2Gateway, startHttp2Gateway } from '../../../src/cloud/aws-api/http2-gateway.ts';
import { type SourceWorld, startSources } from './source-world.ts';

let world: SourceWorld;
let gateway: Http2Gateway;

afterEach(async () => {
  await gateway.close();
  await world.close();
});

test('AWS’s Kinesis client puts records by HTTP/2, other clients speak HTTP/1.1 on the same port', async () => {
  world = await startSources({ read: { kinesis: {}, sns: {} } });
  gateway = await startHttp2Gateway(Number(new URL(world.endpointUrl).port));
  const kinesis = new KinesisClient({ ...world.client, endpoint: gateway.url });
  expect(kinesis.config.requestHandler.metadata?.handlerProtocol).toMatch(/^h2/);
  const Data = Buffer.alloc(900_000, 'x');
  const records = Array.from({ length: 3 }, () => ({ Data, PartitionKey: 'a' }));
  const StreamName = 'live-debug-local-read';
  const answers = await Promise.all(
    [1, 2, 3].map(() => kinesis.send(new PutRecordsCommand({ StreamName, Records: records }))),
  );
  expect(answers).toMatchObject([
    { FailedRecordCount: 0 },
    { FailedRecordCount: 0 },
    { FailedRecordCount: 0 },
  ]);
  const wrong = new PutRecordsCommand({ StreamName: 'other', Records: records.slice(0, 1) });
  await expect(kinesis.send(wrong)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  kinesis.destroy();

  const sns = new SNSClient({ ...world.client, endpoint: gateway.url });
  await sns.send(new PublishCommand({ TopicArn: world.targets('read').sns?.topic_arn, Message: 'x' }));
  sns.destroy();
  await world.invoked.count(2);
});
