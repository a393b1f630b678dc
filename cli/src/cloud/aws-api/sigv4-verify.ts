// Authentication in the embedded cloud: verifies AWS Signature Version 4 in headers and presigned queries. Written from AWS's
// guide "Create a signed AWS API request", independently of the product's signer.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../../../protocol/clock.ts';
import type { Principal } from './access.ts';
import {
  canonicalHeader,
  canonicalPath,
  canonicalQuery,
  canonicalS3Path,
  hexHash,
  s3PayloadHash,
} from './sigv4-canonical.ts';
import {
  algorithm,
  type Claim,
  parseQuery,
  readClaim,
  refuse,
  type SignatureRefusal,
  skewMs,
  splitOnce,
} from './sigv4-claim.ts';

/** A request as received. */
export interface WireRequest {
  readonly method: string;
  /** Path and query exactly as in the request line. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** Differences between services. */
interface SigningRules {
  /** Accepts clients for other Regions than the cloud's own. */
  readonly anyRegion?: boolean;
  /** S3 encodes the path once and does not normalize it, and `x-amz-content-sha256` tells what of the body is signed. */
  readonly s3?: boolean;
}

/** Who signed, or AWS's error. */
export type Verification = { readonly ok: true; readonly principal: Principal } | SignatureRefusal;

/** Verifies requests to one Region for a few known principals. */
export class SigV4Verifier {
  readonly #region: string;
  readonly #principals: ReadonlyMap<string, Principal>;
  readonly #clock: Clock;
  /** Derived keys of one day; the derivation costs four HMACs. */
  readonly #signingKeys = new Map<string, Buffer>();
  #signingKeysDay = '';

  constructor(region: string, principals: readonly Principal[], clock: Clock) {
    this.#region = region;
    this.#principals = new Map(principals.map((each) => [each.credentials.accessKeyId, each]));
    this.#clock = clock;
  }

  verify(request: WireRequest, service: string, body: Uint8Array, rules: SigningRules = {}): Verification {
    const [path, query] = splitOnce(request.url, '?');
    const parameters = parseQuery(query);
    const claim = readClaim(request.headers, parameters);
    if ('failure' in claim) return claim;
    const headerNames = claim.signedHeaders.split(';');
    const problem = checkSignedHeaders(headerNames, request.headers) ?? this.#checkDate(claim);
    if (problem) return problem;

    const scope = claim.credential.split('/');
    const [keyId = '', day = '', region = '', scopeService = '', terminator = ''] = scope;
    if (scope.length !== 5) {
      return refuse(
        'IncompleteSignatureException',
        `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${claim.credential}'`,
      );
    }
    const scopeProblems = [
      region === this.#region || rules.anyRegion
        ? ''
        : `Credential should be scoped to a valid region, not '${region}'. `,
      scopeService === service ? '' : `Credential should be scoped to correct service: '${service}'. `,
      terminator === 'aws4_request'
        ? ''
        : `Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'. `,
      day === claim.date.slice(0, 8)
        ? ''
        : `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${day}' != '${claim.date.slice(0, 8)}', from '${claim.date}'. `,
    ].join('');
    if (scopeProblems) return refuse('InvalidSignatureException', scopeProblems.trimEnd());

    const principal = this.#principals.get(keyId);
    if (!principal) return unknownToken();
    const canonical = [
      request.method,
      rules.s3 ? canonicalS3Path(path) : canonicalPath(path),
      canonicalQuery(parameters),
      ...headerNames.map((name) => `${name}:${canonicalHeader(signedHeader(request.headers, name))}`),
      '',
      claim.signedHeaders,
      rules.s3 ? s3PayloadHash(request.headers, body) : hexHash(body),
    ].join('\n');
    const toSign = [
      algorithm,
      claim.date,
      `${day}/${region}/${service}/aws4_request`,
      hexHash(canonical),
    ].join('\n');
    const expected = createHmac('sha256', this.#signingKey(principal, day, region, service))
      .update(toSign)
      .digest();
    const given = Buffer.from(claim.signature, 'hex');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      return refuse(
        'InvalidSignatureException',
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
      );
    }
    const token = Buffer.from(claim.token ?? '');
    const expectedToken = Buffer.from(principal.credentials.sessionToken);
    if (token.length !== expectedToken.length || !timingSafeEqual(token, expectedToken))
      return unknownToken();
    return { ok: true, principal };
  }

  #checkDate(claim: Claim): Verification | undefined {
    const at = parseAmzDate(claim.date);
    if (at === undefined) {
      return refuse(
        'IncompleteSignatureException',
        `Date must be in ISO-8601 'basic format'. Got '${claim.date}'.`,
      );
    }
    const now = this.#clock.now();
    const life = claim.lifeMs ?? skewMs;
    if (now > at + life) {
      const earliest = amzDate(now - life);
      return refuse(
        'InvalidSignatureException',
        `Signature expired: ${claim.date} is now earlier than ${earliest} (${amzDate(now)} - ${life / 60_000} min.)`,
      );
    }
    if (at > now + skewMs) {
      const latest = amzDate(now + skewMs);
      return refuse(
        'InvalidSignatureException',
        `Signature not yet current: ${claim.date} is still later than ${latest} (${amzDate(now)} + ${skewMs / 60_000} min.)`,
      );
    }
    return undefined;
  }

  #signingKey(principal: Principal, day: string, region: string, service: string): Buffer {
    if (day !== this.#signingKeysDay) {
      this.#signingKeys.clear();
      this.#signingKeysDay = day;
    }
    const { accessKeyId, secretAccessKey } = principal.credentials;
    const slot = `${accessKeyId}/${region}/${service}`;
    let key = this.#signingKeys.get(slot);
    if (!key) {
      key = [day, region, service, 'aws4_request'].reduce<Buffer>(
        (parent, part) => createHmac('sha256', parent).update(part).digest(),
        Buffer.from(`AWS4${secretAccessKey}`),
      );
      this.#signingKeys.set(slot, key);
    }
    return key;
  }
}

/** HTTP/2's name for the host header. */
const authority = ':authority';

function signedHeader(headers: IncomingHttpHeaders, name: string): string | string[] | undefined {
  return headers[name === authority ? 'host' : name];
}

function unknownToken(): SignatureRefusal {
  return refuse('UnrecognizedClientException', 'The security token included in the request is invalid.');
}

function checkSignedHeaders(
  names: readonly string[],
  headers: IncomingHttpHeaders,
): SignatureRefusal | undefined {
  if (!names.includes('host') && !names.includes(authority)) {
    return refuse('InvalidSignatureException', "'Host' must be a 'SignedHeader' in the AWS Authorization.");
  }
  const unsigned = Object.keys(headers).find((name) => name.startsWith('x-amz-') && !names.includes(name));
  if (unsigned) {
    return refuse(
      'InvalidSignatureException',
      `'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`,
    );
  }
  return undefined;
}

/** `2015-08-30T12:36:00Z` as `20150830T123600Z`. */
function amzDate(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function parseAmzDate(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, min, sec] = match;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${min}:${sec}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}
