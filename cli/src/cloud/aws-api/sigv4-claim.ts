// Authentication in the embedded cloud, first half: what a request claims about its signature, in header or query.
import type { IncomingHttpHeaders } from 'node:http';

export const algorithm = 'AWS4-HMAC-SHA256';
/** Maximum difference between a signature's time and ours. */
export const skewMs = 5 * 60_000;
/** AWS's maximum lifetime of a presigned URL, in seconds. */
const maxExpiresSeconds = 604_800;

export type SignatureFailure =
  | 'MissingAuthenticationTokenException'
  | 'IncompleteSignatureException'
  | 'InvalidSignatureException'
  | 'UnrecognizedClientException';

/** AWS's error for an invalid signature. */
export interface SignatureRefusal {
  readonly ok: false;
  readonly failure: SignatureFailure;
  readonly message: string;
}

/** A signature's own description, not verified yet. */
export interface Claim {
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
  readonly date: string;
  readonly token: string | undefined;
  /** Lifetime of a presigned request in milliseconds; undefined for a signed header. */
  readonly lifeMs: number | undefined;
}

/** Decoded query parameters in the order they were sent. */
export type Parameters = readonly (readonly [string, string])[];
export function refuse(failure: SignatureFailure, message: string): SignatureRefusal {
  return { ok: false, failure, message };
}

/** The signature in the `Authorization` header or, presigned, in the query; there must be one of them. */
export function readClaim(headers: IncomingHttpHeaders, parameters: Parameters): Claim | SignatureRefusal {
  const presigned = parameters.some(([name]) => name === 'X-Amz-Algorithm');
  if (headers.authorization !== undefined && presigned) {
    return refuse(
      'InvalidSignatureException',
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    );
  }
  return presigned ? readQueryClaim(parameters) : readHeaderClaim(headers);
}

/** The service that a request claims to be signed for, e.g. `sns`; undefined if it is not signed. Not verified. */
export function claimedService(headers: IncomingHttpHeaders, url: string): string | undefined {
  const [, query] = splitOnce(url, '?');
  const [, credential = ''] = /Credential=([^,\s]+)/.exec(headers.authorization ?? '') ?? [];
  const presigned = new Map(parseQuery(query)).get('X-Amz-Credential') ?? '';
  return (credential || presigned).split('/')[3];
}

function readHeaderClaim(headers: IncomingHttpHeaders): Claim | SignatureRefusal {
  const [given = '', rest] = splitOnce(headers.authorization ?? '', ' ');
  if (!given.startsWith('AWS4-')) {
    return refuse('MissingAuthenticationTokenException', 'Request is missing Authentication Token');
  }
  if (given !== algorithm) return unsupportedAlgorithm(given);
  const fields = new Map(rest.split(',').map((field) => splitOnce(field.trim(), '=')));
  const date = oneHeader(headers['x-amz-date']);
  const missing = ['Credential', 'Signature', 'SignedHeaders']
    .filter((name) => !fields.get(name))
    .map((name) => `Authorization header requires '${name}' parameter. `);
  if (!date) {
    missing.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
  }
  if (missing.length > 0 || !date) return refuse('IncompleteSignatureException', missing.join('').trimEnd());
  return {
    credential: fields.get('Credential') ?? '',
    signedHeaders: fields.get('SignedHeaders') ?? '',
    signature: fields.get('Signature') ?? '',
    date,
    token: oneHeader(headers['x-amz-security-token']),
    lifeMs: undefined,
  };
}

function readQueryClaim(parameters: Parameters): Claim | SignatureRefusal {
  const fields = new Map(parameters);
  const required = ['X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date'];
  const missing = required
    .filter((name) => !fields.get(name))
    .map((name) => `AWS query-string parameters must include '${name}'. `);
  if (missing.length > 0) {
    return refuse(
      'IncompleteSignatureException',
      `${missing.join('')}Re-examine the query-string parameters.`,
    );
  }
  const given = fields.get('X-Amz-Algorithm') ?? '';
  if (given !== algorithm) return unsupportedAlgorithm(given);
  const expires = fields.get('X-Amz-Expires');
  if (expires !== undefined && !(/^\d{1,6}$/.test(expires) && Number(expires) <= maxExpiresSeconds)) {
    return refuse(
      'IncompleteSignatureException',
      'X-Amz-Expires must be a number of seconds, at most 604800.',
    );
  }
  return {
    credential: fields.get('X-Amz-Credential') ?? '',
    signedHeaders: fields.get('X-Amz-SignedHeaders') ?? '',
    signature: fields.get('X-Amz-Signature') ?? '',
    date: fields.get('X-Amz-Date') ?? '',
    token: fields.get('X-Amz-Security-Token'),
    lifeMs: expires === undefined ? skewMs : Number(expires) * 1000,
  };
}

function unsupportedAlgorithm(given: string): SignatureRefusal {
  return refuse(
    'IncompleteSignatureException',
    `Unsupported AWS 'algorithm': '${given}' (only AWS4-HMAC-SHA256 for now).`,
  );
}

/** Parses a raw query; a literal `+` is a space, as on AWS. */
export function parseQuery(query: string): Parameters {
  if (query === '') return [];
  return query.split('&').map((pair) => {
    const [name, value] = splitOnce(pair, '=');
    return [decodeQueryPart(name), decodeQueryPart(value)] as const;
  });
}

/** Percent-decoded, `+` as a space. */
export function decodeQueryPart(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    // Not percent-encoded: such a request cannot match any signature, so its text is kept as it is.
    return text;
  }
}

function oneHeader(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value;
}

/** Both sides of the first `separator`; the right side is empty if there is none. */
export function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
