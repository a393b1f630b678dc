// The signature check against vectors that botocore signed (its clock set to 2015-08-30T12:36:00Z).
import { AwsV4Signer } from 'aws4fetch';
import { describe, expect, test } from 'vitest';
import type { Principal } from '../../src/cloud/aws-api/access.ts';
import { SigV4Verifier, type Verification, type WireRequest } from '../../src/cloud/aws-api/sigv4-verify.ts';
import vectors from './fixtures/sigv4-vectors.json' with { type: 'json' };
import { HandClock } from './hand-clock.ts';

const principal: Principal = {
  arn: 'arn:aws:sts::000000000000:assumed-role/example/local',
  id: 'AROAEXAMPLE:local',
  credentials: {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    sessionToken: 'a+session/token==',
  },
  policy: [],
};
const signedAt = Date.UTC(2015, 7, 30, 12, 36);

function verifierAt(ms: number) {
  return new SigV4Verifier('us-east-1', [principal], new HandClock(ms));
}

function failureOf(verification: Verification): string {
  if (verification.ok) throw new Error('expected a refusal');
  return `${verification.failure}: ${verification.message}`;
}

describe.each(vectors)('$name, signed by botocore', (vector) => {
  const headers: Record<string, string> = vector.headers as unknown as Record<string, string>;
  const request: WireRequest = { method: vector.method, url: vector.url, headers };
  const body = Buffer.from(vector.body);
  const verify = (wire: WireRequest, bytes: Uint8Array = body, at = signedAt) =>
    verifierAt(at).verify(wire, vector.service, bytes);

  test('is accepted', () => {
    expect(verify(request)).toEqual({ ok: true, principal });
  });

  test('is refused when anything signed changes', () => {
    const changes: WireRequest[] = [
      { ...request, method: 'PUT' },
      { ...request, url: request.url.replace('/', '/x') },
      { ...request, url: `${request.url}${request.url.includes('?') ? '&' : '?'}added=1` },
      { ...request, headers: { ...headers, host: '127.0.0.1:4002' } },
    ];
    for (const change of changes) {
      expect(failureOf(verify(change))).toContain(
        'InvalidSignatureException: The request signature we calculated',
      );
    }
    expect(failureOf(verify(request, Buffer.from('other')))).toContain('InvalidSignatureException');
  });

  test('is refused outside its time', () => {
    const life = request.url.includes('X-Amz-Expires') ? 60_000 : 300_000;
    expect(verify(request, body, signedAt + life).ok).toBe(true);
    expect(failureOf(verify(request, body, signedAt + life + 1000))).toMatch(
      /^InvalidSignatureException: Signature expired: 20150830T123600Z is now earlier than /,
    );
    expect(verify(request, body, signedAt - 300_000).ok).toBe(true);
    expect(failureOf(verify(request, body, signedAt - 301_000))).toContain('Signature not yet current');
  });

  test('is refused for another service and Region', () => {
    expect(failureOf(verifierAt(signedAt).verify(request, 'sqs', body))).toContain(
      "Credential should be scoped to correct service: 'sqs'.",
    );
    const elsewhere = new SigV4Verifier('eu-west-1', [principal], new HandClock(signedAt));
    expect(failureOf(elsewhere.verify(request, vector.service, body))).toContain(
      "Credential should be scoped to a valid region, not 'us-east-1'.",
    );
  });
});

describe('what is missing is named', () => {
  const [vector] = vectors;
  if (!vector) throw new Error('no vectors');
  const headers: Record<string, string> = vector.headers as unknown as Record<string, string>;
  const authorization = headers.authorization ?? '';
  const verify = (changed: Record<string, string | undefined>) =>
    verifierAt(signedAt).verify(
      { method: 'GET', url: '/live', headers: { ...headers, ...changed } },
      'execute-api',
      Buffer.alloc(0),
    );

  test.each([
    ['no signature', { authorization: undefined }, 'MissingAuthenticationTokenException'],
    ['another scheme', { authorization: 'Bearer x' }, 'MissingAuthenticationTokenException'],
    [
      'another algorithm',
      { authorization: authorization.replace('SHA256', 'SHA1') },
      "Unsupported AWS 'algorithm'",
    ],
    [
      'no credential',
      { authorization: 'AWS4-HMAC-SHA256 SignedHeaders=host, Signature=a' },
      "requires 'Credential'",
    ],
    ['no date', { 'x-amz-date': undefined }, "'X-Amz-Date'"],
    ['a date of another form', { 'x-amz-date': '2015-08-30' }, "Date must be in ISO-8601 'basic format'"],
    [
      'host not signed',
      { authorization: authorization.replace('host;', '') },
      "'Host' must be a 'SignedHeader'",
    ],
    ['an x-amz header not signed', { 'x-amz-extra': '1' }, "'x-amz-extra' must be a 'SignedHeader'"],
    [
      'an unknown key',
      { authorization: authorization.replace('AKIDEXAMPLE', 'AKIDOTHER') },
      'UnrecognizedClientException',
    ],
    [
      'a short scope',
      { authorization: authorization.replace('/aws4_request', '') },
      'exactly 5 slash-delimited',
    ],
    [
      'a signature that is not hex',
      { authorization: authorization.replace(/Signature=.*/, 'Signature=zz') },
      'does not match',
    ],
    ['another session token', { 'x-amz-security-token': 'other' }, 'InvalidSignatureException'],
  ])('%s', (_name, changed, words) => {
    expect(failureOf(verify(changed))).toContain(words);
  });

  test.each<[string, { sessionToken?: string }]>([
    ['left out', {}],
    ['another', { sessionToken: 'b+session/token==' }],
  ])('a right signature with the token %s is not enough', async (_name, token) => {
    const { accessKeyId, secretAccessKey } = principal.credentials;
    const signer = new AwsV4Signer({
      ...token,
      url: 'http://127.0.0.1:4001/live',
      accessKeyId,
      secretAccessKey,
      service: 'execute-api',
      region: 'us-east-1',
      datetime: '20150830T123600Z',
    });
    const { headers: signed } = await signer.sign();
    const wire = {
      method: 'GET',
      url: '/live',
      headers: { ...Object.fromEntries(signed), host: '127.0.0.1:4001' },
    };
    const verification = verifierAt(signedAt).verify(wire, 'execute-api', Buffer.alloc(0));
    expect(failureOf(verification)).toBe(
      'UnrecognizedClientException: The security token included in the request is invalid.',
    );
  });
});
