// Authentication in the embedded cloud: the parts of a request in canonical form.
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { canonicalPairs, encodeRfc3986 } from '../../../../protocol/signature.ts';
import { decodeQueryPart, type Parameters } from './sigv4-claim.ts';

export function hexHash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

export function canonicalHeader(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value.join(',') : (value ?? '')).trim().replace(/ +/g, ' ');
}

/** Dot segments and doubled slashes resolved, then each segment encoded once more, as AWS does for all but S3. */
export function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(encodeRfc3986(segment));
  }
  const trailing = segments.length > 0 && /\/\.{0,2}$/.test(path) ? '/' : '';
  return `/${segments.join('/')}${trailing}`;
}

export function canonicalS3Path(path: string): string {
  return path
    .split('/')
    .map((segment) => encodeRfc3986(decodeQueryPart(segment.replaceAll('+', '%2B'))))
    .join('/');
}

/** Anything but a hash is used literally, e.g. `UNSIGNED-PAYLOAD`; a hash is computed, not trusted. */
export function s3PayloadHash(headers: IncomingHttpHeaders, body: Uint8Array): string {
  const said = canonicalHeader(headers['x-amz-content-sha256']);
  if (said === '') return 'UNSIGNED-PAYLOAD';
  return /^[0-9a-f]{64}$/.test(said) ? hexHash(body) : said;
}

export function canonicalQuery(parameters: Parameters): string {
  return canonicalPairs(parameters.filter(([name]) => name !== 'X-Amz-Signature'));
}
