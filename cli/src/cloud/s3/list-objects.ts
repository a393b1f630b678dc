// S3: the answer to ListObjectsV2.
import { AwsError } from '../aws-api/aws-error.ts';
import type { XmlContent } from '../aws-api/xml.ts';
import type { Bucket } from './bucket.ts';

const pageKeys = 1000;

/** Throws InvalidArgument. Pages count keys and common prefixes together, as in S3. */
export function listObjects(bucket: Bucket, query: ReadonlyMap<string, string>): XmlContent {
  const { name } = bucket;
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const maxKeys = Number(query.get('max-keys') ?? pageKeys);
  if (!Number.isInteger(maxKeys) || maxKeys < 0) {
    throw new AwsError('InvalidArgument', 'Provided max-keys not an integer or within integer range');
  }
  const limit = Math.min(maxKeys, pageKeys);
  const token = query.get('continuation-token');
  const after = token === undefined ? (query.get('start-after') ?? '') : fromToken(token);
  const encode = query.get('encoding-type') === 'url' ? encodeURIComponent : (text: string) => text;

  const contents: XmlContent[] = [];
  const prefixes = new Set<string>();
  let last = after;
  let isTruncated = false;
  for (const [key, { eTag, content, modifiedAt }] of bucket.list()) {
    if (!key.startsWith(prefix) || !isAfter(key, after)) continue;
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const common = cut < 0 ? undefined : key.slice(0, cut + delimiter.length);
    // A page ends after a whole common prefix, so that the next one does not begin within it.
    if (common !== undefined && (prefixes.has(common) || after.startsWith(common))) {
      last = key;
      continue;
    }
    if (contents.length + prefixes.size >= limit) {
      isTruncated = limit > 0;
      break;
    }
    last = key;
    if (common !== undefined) prefixes.add(common);
    else {
      contents.push({
        Key: encode(key),
        LastModified: new Date(modifiedAt).toISOString(),
        ETag: `"${eTag}"`,
        Size: content.length,
        StorageClass: 'STANDARD',
      });
    }
  }
  return {
    Name: name,
    Prefix: encode(prefix),
    ...(delimiter === '' ? {} : { Delimiter: encode(delimiter) }),
    MaxKeys: maxKeys,
    KeyCount: contents.length + prefixes.size,
    IsTruncated: isTruncated,
    ...(query.get('encoding-type') === 'url' ? { EncodingType: 'url' } : {}),
    ...(token === undefined ? {} : { ContinuationToken: token }),
    ...(isTruncated ? { NextContinuationToken: Buffer.from(last).toString('base64url') } : {}),
    ...(query.has('start-after') ? { StartAfter: encode(query.get('start-after') ?? '') } : {}),
    Contents: contents,
    CommonPrefixes: [...prefixes].map((each) => ({ Prefix: encode(each) })),
  };
}

function isAfter(key: string, other: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(other)) > 0;
}

function fromToken(token: string): string {
  const key = Buffer.from(token, 'base64url').toString();
  if (key === '') throw new AwsError('InvalidArgument', 'The continuation token provided is incorrect');
  return key;
}
