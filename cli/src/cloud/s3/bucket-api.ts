// S3: the operations on objects and the list of a bucket, as SDKs call them.
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AwsError, CloudFullError, notSupported } from '../aws-api/aws-error.ts';
import { storageLimits } from '../aws-api/aws-limits.ts';
import { type Caller, readSigned, SignatureError } from '../aws-api/caller.ts';
import type { Answer } from '../aws-api/loopback-server.ts';
import type { Service } from '../aws-api/service.ts';
import { decodeQueryPart } from '../aws-api/sigv4-claim.ts';
import { xmlDocument } from '../aws-api/xml.ts';
import type { SourceOptions } from '../triggers/cloud-source.ts';
import { decodeAwsChunked } from './aws-chunked.ts';
import type { Bucket, StoredObject } from './bucket.ts';
import { listObjects } from './list-objects.ts';
import type { Happening } from './object-event.ts';
import { type BucketRequest, readBucketRequest } from './request.ts';

interface BucketApiOptions extends Pick<SourceOptions, 'verifier' | 'invocations' | 'clock' | 'onEvent'> {
  readonly buckets: readonly Bucket[];
}

const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';
/** Returned with the object unchanged, except that `content-encoding` loses what is about the transfer. */
const keptHeaders = /^(content-(type|encoding|language|disposition)|cache-control|expires|x-amz-meta-.+)$/;

const signatureCodes = {
  MissingAuthenticationTokenException: 'AccessDenied',
  IncompleteSignatureException: 'AuthorizationHeaderMalformed',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  UnrecognizedClientException: 'InvalidAccessKeyId',
} as const;

/** One request with the data for its answer and its event. */
interface Call extends BucketRequest {
  readonly caller: Caller;
  readonly body: Buffer;
  readonly requestId: string;
  readonly extendedRequestId: string;
}

export class BucketApi implements Service {
  readonly #options: BucketApiOptions;
  readonly #buckets: ReadonlyMap<string, Bucket>;
  #changes = 0n;

  constructor(options: BucketApiOptions) {
    this.#options = options;
    this.#buckets = new Map(options.buckets.map((bucket) => [bucket.name, bucket]));
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    const requestId = randomBytes(8).toString('hex').toUpperCase();
    const extendedRequestId = randomBytes(56).toString('base64');
    const ids = { 'x-amz-request-id': requestId, 'x-amz-id-2': extendedRequestId };
    try {
      // Chunks add a little to an object.
      const limit = storageLimits.objectBytes * 1.1;
      const { caller, body } = await readSigned(request, this.#options.verifier, 's3', limit);
      const call = { ...readBucketRequest(request), caller, body, requestId, extendedRequestId };
      const answer = this.#execute(call);
      return { ...answer, headers: { ...answer.headers, ...ids } };
    } catch (error) {
      const { status, ...content } = refusal(error);
      const document = xmlDocument('Error', { ...content, RequestId: requestId, HostId: extendedRequestId });
      return { status, headers: { 'Content-Type': 'application/xml', ...ids }, body: document };
    }
  }

  #execute(call: Call): Answer {
    const bucket = this.#buckets.get(call.bucket);
    if (!bucket) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', { status: 404 });
    const { method, key, query } = call;
    if (key === '') {
      call.caller.allow('s3:ListBucket', bucket.arn, 'AccessDenied');
      if (method === 'HEAD')
        return { status: 200, headers: { 'x-amz-bucket-region': 'us-east-1' }, body: '' };
      if (method === 'GET' && query.get('list-type') === '2') {
        return xml(xmlDocument('ListBucketResult', listObjects(bucket, query), namespace));
      }
      throw unsupported(call);
    }
    const action = { GET: 'GetObject', HEAD: 'GetObject', PUT: 'PutObject', DELETE: 'DeleteObject' }[method];
    if (action === undefined) throw unsupported(call);
    call.caller.allow(`s3:${action}`, `${bucket.arn}/${key}`, 'AccessDenied');
    switch (method) {
      case 'PUT':
        return call.headers['x-amz-copy-source'] === undefined
          ? this.#put(bucket, call)
          : this.#copy(bucket, call);
      case 'DELETE':
        return this.#delete(bucket, call);
      default:
        return get(bucket, call);
    }
  }

  #put(bucket: Bucket, call: Call): Answer {
    checkWriteConditions(bucket.get(call.key), call);
    const content = contentOf(call);
    const headers = Object.fromEntries(
      Object.entries(call.headers).flatMap(([name, value]): [string, string][] => {
        const text =
          name === 'content-encoding' ? String(value).replace(/aws-chunked,? ?/, '') : String(value);
        return keptHeaders.test(name) && text !== '' ? [[name, text]] : [];
      }),
    );
    const object = this.#store(bucket, call, 'ObjectCreated:Put', { content, headers });
    return { status: 200, headers: { ETag: `"${object.eTag}"` }, body: '' };
  }

  #copy(bucket: Bucket, call: Call): Answer {
    const named = decodeQueryPart(String(call.headers['x-amz-copy-source']).replaceAll('+', '%2B'));
    const [path = ''] = (named.startsWith('/') ? named.slice(1) : named).split('?versionId=', 1);
    const slash = path.indexOf('/');
    const [from, key] = slash < 0 ? ['', ''] : [path.slice(0, slash), path.slice(slash + 1)];
    const source = this.#buckets.get(from)?.get(key);
    if (!source) throw noSuchKey();
    const object = this.#store(bucket, call, 'ObjectCreated:Copy', source);
    const content = { LastModified: new Date(object.modifiedAt).toISOString(), ETag: `"${object.eTag}"` };
    return xml(xmlDocument('CopyObjectResult', content, namespace));
  }

  #delete(bucket: Bucket, call: Call): Answer {
    if (bucket.get(call.key)) {
      const happening = this.#happening(call, 'ObjectRemoved:Delete', undefined);
      this.#tell(bucket, call, happening);
      bucket.delete(call.key);
    }
    return { status: 204, headers: {}, body: '' };
  }

  #store(
    bucket: Bucket,
    call: Call,
    name: Happening['name'],
    { content, headers }: Pick<StoredObject, 'content' | 'headers'>,
  ): StoredObject {
    const eTag = createHash('md5').update(content).digest('hex');
    const object = { content, eTag, headers, modifiedAt: this.#options.clock.now() };
    const before = bucket.get(call.key);
    bucket.put(call.key, object);
    try {
      this.#tell(bucket, call, this.#happening(call, name, { size: content.length, eTag }));
    } catch (error) {
      if (before) bucket.put(call.key, before);
      else bucket.delete(call.key);
      throw error;
    }
    return object;
  }

  #happening(call: Call, name: Happening['name'], content: Happening['content']): Omit<Happening, 'bucket'> {
    const time = this.#options.clock.now();
    this.#changes += 1n;
    const { key, caller, requestId, extendedRequestId } = call;
    const sequencer = `${time.toString(16)}${this.#changes.toString(16).padStart(6, '0')}`;
    return {
      name,
      key,
      content,
      time,
      principalId: caller.id,
      sourceIp: caller.sourceIp,
      requestId,
      extendedRequestId,
      sequencer: sequencer.toUpperCase().padStart(18, '0'),
    };
  }

  #tell(bucket: Bucket, { key, caller }: Call, happening: Omit<Happening, 'bucket'>): void {
    const { invocations, onEvent } = this.#options;
    const deliveries = bucket.deliveries(happening, caller.trace);
    invocations.accept(deliveries);
    const functionNames = deliveries.map(({ functionName }) => functionName);
    onEvent({ type: 'published', source: 's3', resource: bucket.name, id: key, functionNames });
  }
}

function get(bucket: Bucket, { key, headers }: Call): Answer {
  const object = bucket.get(key);
  if (!object) throw noSuchKey();
  const eTag = `"${object.eTag}"`;
  const said = { ...object.headers, ETag: eTag, 'Last-Modified': new Date(object.modifiedAt).toUTCString() };
  if (headers['if-none-match'] === eTag) return { status: 304, headers: said, body: '' };
  if (headers['if-match'] !== undefined && headers['if-match'] !== eTag) throw preconditionFailed('If-Match');
  const type = object.headers['content-type'] === undefined ? { 'content-type': 'binary/octet-stream' } : {};
  return { status: 200, headers: { ...type, ...said }, body: object.content };
}

/** For a conditional write: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
function checkWriteConditions(before: StoredObject | undefined, { headers }: Call): void {
  if (headers['if-none-match'] === '*' && before) throw preconditionFailed('If-None-Match');
  if (headers['if-match'] === undefined) return;
  if (!before) throw noSuchKey();
  if (headers['if-match'] !== `"${before.eTag}"`) throw preconditionFailed('If-Match');
}

function contentOf({ headers, body }: Call): Buffer {
  const streamed = String(headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');
  const content = streamed ? decodeAwsChunked(body) : body;
  if (!content) throw new AwsError('IncompleteBody', 'The chunks of the body are malformed');
  const { 'content-md5': md5 } = headers;
  if (md5 !== undefined && createHash('md5').update(content).digest('base64') !== md5) {
    throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
  return content;
}

function refusal(error: unknown): { Code: string; Message: string; status: number } {
  if (error instanceof SignatureError) {
    return { Code: signatureCodes[error.failure], Message: error.message, status: 403 };
  }
  if (error instanceof CloudFullError) return { Code: 'SlowDown', Message: error.message, status: 503 };
  if (!(error instanceof AwsError)) throw error;
  if (error.status === 413) return { Code: 'EntityTooLarge', Message: error.message, status: 400 };
  return { Code: error.code, Message: error.message, status: error.status };
}

function noSuchKey(): AwsError {
  return new AwsError('NoSuchKey', 'The specified key does not exist.', { status: 404 });
}

function preconditionFailed(condition: string): AwsError {
  const words = `At least one of the pre-conditions you specified did not hold (${condition})`;
  return new AwsError('PreconditionFailed', words, { status: 412 });
}

function unsupported({ method, operation }: Call): AwsError {
  return new AwsError('NotImplemented', notSupported(`${operation ?? method} of S3`), { status: 501 });
}

function xml(body: string): Answer {
  return { status: 200, headers: { 'Content-Type': 'application/xml' }, body };
}
