// `livectl trigger s3`: puts an object into the bucket.
import { basename } from 'node:path';
import { type Given, readBodyFile } from '../given.ts';
import type { Resource, Source } from './source.ts';

export const s3: Source<'s3'> = {
  flags: ['file', 'text', 'key', 'metadata'],
  missing: (given) => [
    ...(given.has('file') || given.has('text') ? [] : [{ flag: 'file', question: 'File to upload' }]),
    // Without a file there is no name to derive a key from.
    ...(given.has('key') || !given.has('text') ? [] : [{ flag: 'key', question: 'Key of the object' }]),
  ],
  async publish(given, { functionName, resource }, aws) {
    const { bucket } = resource;
    const key = given.text('key') ?? `${resource.filter_prefix ?? ''}${basename(given.text('file') ?? '')}`;
    const object = {
      Bucket: bucket,
      Key: key,
      Body: await content(given),
      Metadata: Object.fromEntries(given.pairs('metadata', '=').map(({ name, value }) => [name, value])),
    };
    const output = await aws.call('s3:PutObject', `arn:aws:s3:::${bucket}/${key}`, (calls) =>
      calls.putObject(object),
    );
    const etag = (output.ETag ?? '').replaceAll('"', '');
    const requestId = output.$metadata.requestId;
    return {
      to: `s3://${bucket}/${key}`,
      ids: {
        key,
        etag,
        ...(output.VersionId === undefined ? {} : { version_id: output.VersionId }),
        ...(requestId === undefined ? {} : { request_id: requestId }),
      },
      traces: requestId === undefined ? [`${key}#${etag}`] : [requestId, `${key}#${etag}`],
      unheard: whyUnheard(key, functionName, resource),
    };
  },
};

async function content(given: Given): Promise<Uint8Array> {
  const file = given.text('file');
  if (file !== undefined) return readBodyFile('--file', file);
  return (await given.body('text')) ?? Buffer.alloc(0);
}

/** Why the function receives no event for this object, if the bucket's notification excludes it. */
function whyUnheard(key: string, functionName: string, bucket: Resource<'s3'>): string[] {
  const { events, filter_prefix: prefix, filter_suffix: suffix } = bucket;
  const notes: string[] = [];
  if (prefix && !key.startsWith(prefix))
    notes.push(`${functionName} only receives events for keys that begin with ${prefix}`);
  if (suffix && !key.endsWith(suffix))
    notes.push(`${functionName} only receives events for keys that end with ${suffix}`);
  const heard = ['s3:ObjectCreated:*', 's3:ObjectCreated:Put'];
  if (events && !events.some((event) => heard.includes(event)))
    notes.push(`${functionName} only receives ${events.join(', ')}`);
  return notes;
}
