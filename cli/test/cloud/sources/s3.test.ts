// S3 in the local cloud: objects put by AWS's SDK come back whole, and functions hear of them.
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectAclCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterEach, describe, expect, test } from 'vitest';
import { shapeOf } from './shape.ts';
import { type Invoked, type SourceWorld, startSources, type TriggersInput } from './source-world.ts';

let world: SourceWorld;
let s3: S3Client;

async function start(
  triggers: Record<string, TriggersInput> = { hear: { s3: {} } },
  answer?: (invoked: Invoked) => void,
) {
  world = await startSources(triggers, answer);
  s3 = new S3Client(world.client);
}

afterEach(async () => {
  s3.destroy();
  await world.close();
});

const Bucket = 'live-debug-local-hear';
const put = (
  Key: string,
  Body: PutObjectCommandInput['Body'] = 'x',
  more: Partial<PutObjectCommandInput> = {},
) => s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = async (Key: string) => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
};

// https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html
const documented = {
  Records: [
    {
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion: 'us-east-2',
      eventTime: '2019-09-03T19:37:27.192Z',
      eventName: 'ObjectCreated:Put',
      userIdentity: { principalId: 'AWS:AIDAINPONIXQXHT3IKHL2' },
      requestParameters: { sourceIPAddress: '205.255.255.255' },
      responseElements: {
        'x-amz-request-id': 'D82B88E5F771F645',
        'x-amz-id-2': 'vlR7PnpV2Ce81l0PRw6jlUpck7Jo5ZsQjryTjKlc5aLWGVHPZLj5NeC6qMa0emYBDXOo6QBU0Wo=',
      },
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: '828aa6fc-f7b5-4305-8584-487c791949c1',
        bucket: {
          name: 'DOC-EXAMPLE-BUCKET',
          ownerIdentity: { principalId: 'A3I5XTEXAMAI3E' },
          arn: 'arn:aws:s3:::lambda-artifacts-deafc19498e3f2df',
        },
        object: {
          key: 'b21b84d653bb07b05b1e6b33684dc11b',
          size: 1305107,
          eTag: 'b21b84d653bb07b05b1e6b33684dc11b',
          sequencer: '0C0F6F405D6ED209E1',
        },
      },
    },
  ],
};

describe('an object', () => {
  test('causes the documented event', async () => {
    await start();
    const { ETag } = await put('dir/red flower+ü~(1).jpg', 'hello');
    const { event } = await world.invoked.next();
    expect(shapeOf(event)).toEqual(shapeOf(documented));
    expect(event.Records[0]).toMatchObject({
      eventName: 'ObjectCreated:Put',
      eventTime: new Date(world.clock.now()).toISOString(),
      s3: {
        bucket: { name: Bucket, arn: `arn:aws:s3:::${Bucket}` },
        object: {
          key: 'dir/red+flower%2B%C3%BC%7E%281%29.jpg',
          size: 5,
          eTag: '5d41402abc4b2a76b9719d911017c592',
        },
      },
    });
    expect(ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
    // As handlers are told to read it.
    const { key } = event.Records[0].s3.object;
    expect(decodeURIComponent(key.replace(/\+/g, ' '))).toBe('dir/red flower+ü~(1).jpg');
    expect(world.told.all).toMatchObject([
      { type: 'published', source: 's3', id: 'dir/red flower+ü~(1).jpg' },
    ]);
  });

  test('is returned unchanged, however the SDK sends it', async () => {
    await start();
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256));
    await put('whole', bytes);
    await put('streamed', Readable.from([bytes.subarray(0, 100), bytes.subarray(100)]), {
      ContentLength: bytes.length,
    });
    await put('empty', '');
    expect((await get('whole')).equals(bytes)).toBe(true);
    expect((await get('streamed')).equals(bytes)).toBe(true);
    expect(await get('empty')).toHaveLength(0);
    const streamed = await s3.send(new HeadObjectCommand({ Bucket, Key: 'streamed' }));
    expect(streamed).toMatchObject({ ContentLength: 300_000 });
    expect(streamed.ContentEncoding).toBeUndefined();
  });

  test('keeps its headers and metadata', async () => {
    await start();
    await put('a', '{}', {
      ContentType: 'application/json',
      CacheControl: 'no-cache',
      Metadata: { owner: 'me' },
    });
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'a' }))).toMatchObject({
      ContentType: 'application/json',
      CacheControl: 'no-cache',
      ContentLength: 2,
      Metadata: { owner: 'me' },
      ETag: '"99914b932bd37a50b983c5e7c90ae93b"',
    });
  });

  test('can be deleted and copied', async () => {
    await start({ hear: { s3: { events: ['s3:ObjectCreated:Copy', 's3:ObjectRemoved:*'] } } });
    await put('from here', 'content');
    await s3.send(
      new CopyObjectCommand({
        Bucket,
        Key: 'to',
        CopySource: `${Bucket}/${encodeURIComponent('from here')}`,
      }),
    );
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'from here' }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'never was' }));
    await world.invoked.count(2);
    const records = world.invoked.all.map(({ event }) => event.Records[0]);
    expect(records).toMatchObject([
      { eventName: 'ObjectCreated:Copy', s3: { object: { key: 'to', size: 7 } } },
      { eventName: 'ObjectRemoved:Delete', s3: { object: { key: 'from+here' } } },
    ]);
    expect(Object.keys(records[1].s3.object)).toEqual(['key', 'sequencer']);
    expect(records[1].s3.object.sequencer > records[0].s3.object.sequencer).toBe(true);
    expect((await get('to')).toString()).toBe('content');
    await expect(get('from here')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  test('is written on conditions', async () => {
    await start();
    const { ETag } = await put('a', '1');
    await expect(put('a', '2', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(put('a', '2', { IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await put('a', '3', { IfMatch: ETag });
    expect((await get('a')).toString()).toBe('3');
  });
});

describe('notifications', () => {
  test('are for keys with the prefix and the suffix', async () => {
    await start({ hear: { s3: { filter_prefix: 'in/', filter_suffix: '.csv' } } });
    for (const key of ['in/a.csv', 'in/a.txt', 'out/a.csv']) await put(key);
    expect(world.told.all.map((told) => told.type === 'published' && told.functionNames)).toEqual([
      ['hear'],
      [],
      [],
    ]);
  });

  test('are tried twice more when the function fails', async () => {
    await start(undefined, (invoked) => invoked.fail());
    await put('a');
    expect(await world.clock.fireNext()).toBe(1000);
    await world.invoked.count(2);
    await world.told.count(3);
    expect(await world.clock.fireNext()).toBe(2000);
    expect(await world.told.first(({ type }) => type === 'dead_letter')).toMatchObject({
      source: 's3',
      resource: Bucket,
      ids: ['a'],
      attempts: 3,
    });
  });
});

describe('a list', () => {
  test('is in the order of the keys, page by page', async () => {
    await start();
    for (const key of ['b', 'a/1', 'a/2', 'ä', 'a/x/3', 'c']) await put(key);
    const keys: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 2, ContinuationToken }));
      keys.push(...(page.Contents ?? []).map(({ Key }) => Key));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    expect(keys).toEqual(['a/1', 'a/2', 'a/x/3', 'b', 'c', 'ä']);
  });

  test('puts keys with a common prefix together, across pages', async () => {
    await start();
    for (const key of ['a/1', 'a/2', 'b', 'c/1', 'd']) await put(key);
    const first = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: '/', MaxKeys: 3 }));
    expect(first).toMatchObject({
      CommonPrefixes: [{ Prefix: 'a/' }, { Prefix: 'c/' }],
      Contents: [{ Key: 'b', Size: 1 }],
      KeyCount: 3,
      IsTruncated: true,
    });
    const { NextContinuationToken: ContinuationToken } = first;
    const rest = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: '/', ContinuationToken }));
    expect(rest).toMatchObject({ Contents: [{ Key: 'd' }], IsTruncated: false });
    const below = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'a/', StartAfter: 'a/1' }));
    expect(below.Contents).toMatchObject([{ Key: 'a/2' }]);
  });
});

describe('what AWS refuses', () => {
  test('a bucket or a key that is not there, by its name', async () => {
    await start();
    await expect(
      s3.send(new PutObjectCommand({ Bucket: 'other', Key: 'a', Body: 'x' })),
    ).rejects.toMatchObject({
      name: 'NoSuchBucket',
      message: 'The specified bucket does not exist',
    });
    await expect(get('other')).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key: 'other' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
    await s3.send(new HeadBucketCommand({ Bucket }));
  });

  test('unknown keys and invalid signatures', async () => {
    await start();
    const { credentials } = world.client;
    const as = async (changed: object) => {
      const client = new S3Client({ ...world.client, credentials: { ...credentials, ...changed } });
      await client
        .send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }))
        .finally(() => client.destroy());
    };
    await expect(as({ accessKeyId: 'AKIAOTHER' })).rejects.toMatchObject({ name: 'InvalidAccessKeyId' });
    await expect(as({ secretAccessKey: 'other' })).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  });

  test('what the local cloud does not support is refused with that reason', async () => {
    await start();
    await expect(
      s3.send(new PutObjectAclCommand({ Bucket, Key: 'a', ACL: 'private' })),
    ).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining('?acl of S3'),
    });
  });

  test('more than the local cloud holds, without a trace', async () => {
    await start();
    const body = Buffer.alloc(90 * 1024 * 1024);
    await put('1', body);
    await put('2', body);
    await expect(put('3', body)).rejects.toMatchObject({ name: 'SlowDown' });
    await expect(get('3')).rejects.toMatchObject({ name: 'NoSuchKey' });
    // A new one in place of an old one.
    await put('2', body);
    expect(world.invoked.all).toHaveLength(3);
  });
});
