// S3: the bucket, the key and the operation of a request.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { AwsError, notSupported } from '../aws-api/aws-error.ts';
import { parseQuery, splitOnce } from '../aws-api/sigv4-claim.ts';

export interface BucketRequest {
  readonly method: string;
  readonly bucket: string;
  /** Decoded; empty for the bucket itself. */
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: IncomingHttpHeaders;
  /** The operation's name in SDKs. */
  readonly operation: string | undefined;
}

/** Query parameters that do not select an operation, unlike `?acl` or `?uploads`. */
const plainParameters =
  /^(x-id|list-type|prefix|delimiter|max-keys|continuation-token|start-after|encoding-type|fetch-owner|versionId|response-.*|X-Amz-.*|x-amz-.*)$/;

/** The bucket is in the path, or before `.localhost` in the host name. Throws an AwsError. */
export function readBucketRequest({ method = '', url = '/', headers }: IncomingMessage): BucketRequest {
  const [path, rawQuery] = splitOnce(url, '?');
  const query = new Map(parseQuery(rawQuery));
  const operation = query.get('x-id');
  const other = [...query.keys()].find((name) => !plainParameters.test(name));
  if (other !== undefined) {
    throw new AwsError('NotImplemented', notSupported(`${operation ?? `?${other}`} of S3`), { status: 501 });
  }
  const [, virtual] = /^([a-z0-9.-]+)\.localhost(:\d+)?$/i.exec(headers.host ?? '') ?? [];
  const [first, rest] = splitOnce(path.slice(1), '/');
  const [bucket, key] = virtual === undefined ? [first, rest] : [virtual, path.slice(1)];
  try {
    return {
      method,
      bucket: decodeURIComponent(bucket),
      key: decodeURIComponent(key),
      query,
      headers,
      operation,
    };
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  }
}
