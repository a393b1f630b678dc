// The independent judge is aws4fetch, another implementation of Signature Version 4.
import { AwsV4Signer } from 'aws4fetch';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AwsCredentials, type RequestToSign, Signer, type SigningScope } from '../signature.ts';

async function byAws4fetch(
  scope: SigningScope,
  request: RequestToSign,
  credentials: AwsCredentials,
  nowMs: number,
): Promise<string | null> {
  const signer = new AwsV4Signer({
    ...scope,
    method: request.method,
    url: request.url.href,
    headers: { ...request.headers },
    ...(request.body === undefined ? {} : { body: request.body as Uint8Array<ArrayBuffer> }),
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.secretAccessKey,
    ...(credentials.sessionToken ? { sessionToken: credentials.sessionToken } : {}),
    datetime: `${new Date(nowMs).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`,
    allHeaders: true,
  });
  return (await signer.sign()).headers.get('authorization');
}

const base64Text = fc
  .uint8Array({ minLength: 1, maxLength: 60 })
  .map((bytes) => Buffer.from(bytes).toString('base64'));
const visible = fc.string({
  minLength: 1,
  maxLength: 20,
  unit: fc.constantFrom(..."aZ09-._~!*'()=&+/ %:;,@üλ😀"),
});

const credentials = fc.record({
  accessKeyId: fc.stringMatching(/^ASIA[A-Z2-7]{16}$/),
  secretAccessKey: base64Text,
  sessionToken: fc.option(base64Text, { nil: undefined }),
});

const request = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'DELETE'),
    host: fc.constantFrom('abc.execute-api.eu-west-1.amazonaws.com', '127.0.0.1:4001', 'localhost'),
    path: fc.array(visible, { maxLength: 4 }),
    query: fc.array(fc.tuple(visible, fc.oneof(visible, fc.constant(''))), { maxLength: 5 }),
    headers: fc.dictionary(
      fc.stringMatching(/^x-[a-z]{1,8}(-[a-z]{1,5})?$/),
      fc.stringMatching(/^[!-~]( ?[!-~]){0,20}$/),
    ),
    body: fc.option(fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string()), { nil: undefined }),
  })
  .map(({ method, host, path, query, headers, body }): RequestToSign => {
    const url = new URL(`https://${host}/${path.map(encodeURIComponent).join('/')}`);
    url.search = new URLSearchParams(query).toString();
    return { method, url, headers, ...(body === undefined ? {} : { body }) };
  });

const scope = fc.record({
  service: fc.constantFrom('execute-api', 'dynamodb', 'lambda'),
  region: fc.constantFrom('eu-west-1', 'us-gov-west-1', 'cn-north-1'),
});

const anyTime = fc.integer({ min: 0, max: Date.parse('2099-12-31T23:59:59Z') });

describe('a signature', () => {
  it('is the one that aws4fetch makes, for any request', async () => {
    await fc.assert(
      fc.asyncProperty(scope, request, credentials, anyTime, async (where, what, who, now) => {
        const headers = new Signer(where).sign(what, who, now);
        expect(headers.authorization).toBe(await byAws4fetch(where, what, who, now));
        expect(headers['x-amz-security-token']).toBe(who.sessionToken || undefined);
      }),
      { numRuns: 400 },
    );
  });

  it('is the one aws4fetch makes for every post to a connection', async () => {
    await fc.assert(
      fc.asyncProperty(fc.base64String({ minLength: 4, maxLength: 20 }), credentials, async (id, who) => {
        const url = new URL(
          `https://abc.execute-api.eu-west-1.amazonaws.com/live/@connections/${encodeURIComponent(id)}`,
        );
        const what = { method: 'POST', url, body: 'text' };
        const where = { service: 'execute-api', region: 'eu-west-1' };
        expect(new Signer(where).sign(what, who, 0).authorization).toBe(
          await byAws4fetch(where, what, who, 0),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('sorts a query by name before value, also where one name begins another', async () => {
    const where = { service: 'execute-api', region: 'eu-west-1' };
    const who = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
    const what = { method: 'GET', url: new URL('https://a.example/?a-b=1&a=2&a=1&A=3&a.=4') };
    expect(new Signer(where).sign(what, who, 0).authorization).toBe(await byAws4fetch(where, what, who, 0));
  });

  it('changes with the day and the secret although the signer caches the derived key', async () => {
    const where = { service: 'dynamodb', region: 'eu-west-1' };
    const signer = new Signer(where);
    const what = { method: 'POST', url: new URL('https://dynamodb.eu-west-1.amazonaws.com/'), body: '{}' };
    const day = 86_400_000;
    for (const [secretAccessKey, now] of [
      ['one', 0],
      ['two', 0],
      ['two', day],
      ['one', 0],
    ] as const) {
      const who = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey };
      expect(signer.sign(what, who, now).authorization).toBe(await byAws4fetch(where, what, who, now));
    }
  });

  it('leaves the host to the HTTP client and never carries the secret', () => {
    const signer = new Signer({ service: 'dynamodb', region: 'eu-west-1' });
    const what = { method: 'POST', url: new URL('http://127.0.0.1:8000/') };
    const headers = signer.sign(what, { accessKeyId: 'AKID', secretAccessKey: 'top-secret' }, 0);
    expect(Object.keys(headers).sort()).toEqual(['authorization', 'x-amz-date']);
    expect(JSON.stringify(headers)).not.toContain('top-secret');
  });
});
