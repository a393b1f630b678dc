// The HTTP front's door over real sockets: signatures, tokens of an issuer that listens here, and request limits.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HttpClient } from '../../../../protocol/http-client.ts';
import { createDeveloper, createPrincipal, region } from '../../../src/cloud/aws-api/access.ts';
import { httpLimits } from '../../../src/cloud/aws-api/aws-limits.ts';
import { SigV4Verifier } from '../../../src/cloud/aws-api/sigv4-verify.ts';
import type { CloudFunction } from '../../../src/cloud/cloud.ts';
import { FunctionUrls } from '../../../src/cloud/http-api/function-urls.ts';
import { HttpApi } from '../../../src/cloud/http-api/http-api.ts';
import { HttpDoor } from '../../../src/cloud/http-api/http-door.ts';
import { RouteTable } from '../../../src/cloud/http-api/routes.ts';
import { HandClock } from '../hand-clock.ts';
import { awsClient } from '../signing.ts';
import { deployed } from '../test-cloud.ts';

const developer = createDeveloper('live-debug-test', 'test');
/** Somebody of the account without a permission. */
const stranger = createPrincipal('stranger/local', []);

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const [first, second] = [rsa(), rsa()];
const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' });

let issuerServer: Server;
let issuer: string;
/** What the issuer publishes, and how often it was asked. */
let published: readonly object[];
let asked: number;
const http = new HttpClient();

let clock: HandClock;
let front: HttpApi;
let url: string;
let invoked: { requestContext: { authorizer?: unknown } }[];

beforeAll(async () => {
  issuerServer = createServer((request, response) => {
    if (request.url === '/.well-known/openid-configuration') {
      response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }));
    } else {
      asked += 1;
      response.end(JSON.stringify({ keys: published }));
    }
  });
  await new Promise<void>((resolve) => issuerServer.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(issuerServer.address() as AddressInfo).port}`;
});

afterAll(() => {
  http.close();
  issuerServer.close();
  issuerServer.closeAllConnections();
});

const publicKey = async (key: KeyObject, kid: string) => ({ ...(await exportJWK(key)), kid, use: 'sig' });

beforeEach(async () => {
  published = [await publicKey(first.publicKey, 'a'), await publicKey(elliptic.publicKey, 'e')];
  asked = 0;
  invoked = [];
  // Real signatures carry the machine's own time.
  clock = new HandClock(Date.now());
  const jwt = { issuer, audience: ['orders', 'stock'] };
  const functions: CloudFunction[] = [
    deployed('open', { triggers: { http: { method: 'ANY' } } }),
    deployed('signed', { triggers: { http: { method: 'ANY', authorization_type: 'AWS_IAM' } } }),
    deployed('token', {
      triggers: { http: { method: 'ANY', authorization_type: 'JWT', jwt_configuration: jwt } },
    }),
    deployed('scoped', {
      triggers: {
        http: {
          method: 'ANY',
          authorization_type: 'JWT',
          jwt_configuration: jwt,
          authorization_scopes: ['write', 'read'],
        },
      },
    }),
    deployed('lost', {
      triggers: {
        http: {
          method: 'ANY',
          authorization_type: 'JWT',
          jwt_configuration: { issuer: 'http://127.0.0.1:9', audience: ['orders'] },
        },
      },
    }),
    deployed('narrow', {
      triggers: { http: { method: 'ANY', throttling_rate_limit: 2, throttling_burst_limit: 3 } },
    }),
  ];
  const verifier = new SigV4Verifier(region, [developer, stranger], clock);
  front = new HttpApi({
    routes: new RouteTable(functions),
    functionUrls: new FunctionUrls(functions),
    door: new HttpDoor({ functions, verifier, clock, http }),
    developer,
    verifier,
    clock,
    integrationMs: 30_000,
    allowOrigins: new Map(),
    allowOtherUsers: false,
    onEvent: () => {},
    host: {
      async invoke(_name, payload) {
        invoked.push(JSON.parse(Buffer.from(payload).toString()));
        return { ok: true, body: Buffer.from('{"statusCode":200}'), contentType: 'application/json' };
      },
    },
  });
  url = `http://127.0.0.1:${await front.listen(0)}`;
  return () => front.close();
});

const authorizer = () => invoked.at(-1)?.requestContext.authorizer;

/** Claims; undefined leaves one of the usual ones out. */
type Claims = { readonly [name in keyof JWTPayload]: JWTPayload[name] | undefined };

interface TokenOptions {
  readonly key?: KeyObject;
  readonly alg?: string;
  readonly kid?: string;
  readonly claims?: Claims;
}

function tokenOf({ key = first.privateKey, alg = 'RS256', kid = 'a', claims = {} }: TokenOptions = {}) {
  const now = Math.floor(clock.now() / 1000);
  const payload: Claims = { iss: issuer, aud: 'orders', iat: now, exp: now + 60, ...claims };
  return new SignJWT(JSON.parse(JSON.stringify(payload)))
    .setProtectedHeader({ alg, ...(kid === '' ? {} : { kid }) })
    .sign(key);
}

async function call(name: string, authorization?: string) {
  const response = await fetch(
    `${url}/${name}`,
    authorization === undefined ? {} : { headers: { authorization } },
  );
  return {
    status: response.status,
    body: await response.text(),
    challenge: response.headers.get('www-authenticate'),
  };
}

describe('AWS_IAM', () => {
  test('accepts a signed call that the policy allows, with the ids that AWS gives', async () => {
    const client = awsClient(developer.credentials, 'execute-api');
    const response = await client.fetch(`${url}/signed/a b?x=ü`, { method: 'POST', body: 'x' });
    expect(response.status).toBe(200);
    expect(authorizer()).toEqual({
      iam: {
        accessKey: developer.credentials.accessKeyId,
        accountId: '000000000000',
        callerId: expect.stringMatching(/^AROA[0-9A-Z]{17}:local$/),
        cognitoIdentity: null,
        principalOrgId: null,
        userArn: developer.arn,
        userId: developer.id,
      },
    });
  });

  test.each([
    ['no signature', undefined],
    ['another service’s', () => awsClient(developer.credentials, 'lambda')],
    ['another secret', () => awsClient({ ...developer.credentials, secretAccessKey: 'x' }, 'execute-api')],
    ['no permission', () => awsClient(stranger.credentials, 'execute-api')],
  ])('refuses %s', async (_what, client) => {
    const response = await (client ? client().fetch(`${url}/signed`) : fetch(`${url}/signed`));
    expect([response.status, await response.text()]).toEqual([403, '{"message":"Forbidden"}']);
    expect(invoked).toEqual([]);
  });

  test('is required only on routes that set it', async () => {
    expect((await call('open')).status).toBe(200);
    expect(authorizer()).toBeUndefined();
  });
});

describe('JWT', () => {
  test('accepts a token of the issuer, and passes its claims to the function as strings', async () => {
    const claims = { sub: 'ada', email_verified: true, groups: ['a', 'b'], at: { y: 1, x: [2] } };
    expect((await call('token', `Bearer ${await tokenOf({ claims })}`)).status).toBe(200);
    const now = Math.floor(clock.now() / 1000);
    expect(authorizer()).toEqual({
      jwt: {
        claims: {
          iss: issuer,
          aud: 'orders',
          iat: String(now),
          exp: String(now + 60),
          sub: 'ada',
          email_verified: 'true',
          groups: '[a b]',
          at: 'map[x:[2] y:1]',
        },
        scopes: null,
      },
    });
  });

  test('takes the token without Bearer, one of several audiences, and client_id where there is no aud', async () => {
    expect((await call('token', await tokenOf())).status).toBe(200);
    expect((await call('token', await tokenOf({ claims: { aud: ['x', 'stock'] } }))).status).toBe(200);
    const client = { aud: undefined, client_id: 'orders' };
    expect((await call('token', await tokenOf({ claims: client }))).status).toBe(200);
  });

  const past = () => Math.floor(clock.now() / 1000) - 1;
  const refused: readonly (readonly [string, () => Promise<string> | string, RegExp])[] = [
    ['no token', () => '', /^Bearer$/],
    ['what is not a token', () => 'Bearer abc', /error="invalid_token"/],
    ['an expired one', () => tokenOf({ claims: { exp: past() } }), /the token has expired/],
    ['one that never expires', () => tokenOf({ claims: { exp: undefined } }), /exp claim/],
    ['one of tomorrow', () => tokenOf({ claims: { nbf: past() + 60 } }), /nbf claim/],
    ['one issued tomorrow', () => tokenOf({ claims: { iat: past() + 60 } }), /issued in the future/],
    ['another issuer’s', () => tokenOf({ claims: { iss: 'https://evil.example' } }), /iss claim/],
    ['another audience’s', () => tokenOf({ claims: { aud: 'x', client_id: 'orders' } }), /valid audience/],
    ['another key’s', () => tokenOf({ key: second.privateKey }), /signature is not valid/],
    ['one of an unknown key', () => tokenOf({ kid: 'b' }), /no key of that kid/],
    ['one without a key’s id', () => tokenOf({ kid: '' }), /no kid header/],
    [
      'one of elliptic curves',
      () => tokenOf({ key: elliptic.privateKey, alg: 'ES256', kid: 'e' }),
      /not signed by RSA/,
    ],
    [
      // Header, claims and no signature.
      'an unsigned one',
      async () =>
        `${Buffer.from('{"alg":"none","kid":"a"}').toString('base64url')}.${(await tokenOf()).split('.')[1]}.`,
      /error="invalid_token"/,
    ],
  ];

  test.each(refused)('refuses %s', async (_what, token, challenge) => {
    const answer = await call('token', await token());
    expect([answer.status, answer.body]).toEqual([401, '{"message":"Unauthorized"}']);
    expect(answer.challenge).toMatch(challenge);
    expect(invoked).toEqual([]);
  });

  test('requires one of the route’s scopes', async () => {
    const without = await call('scoped', await tokenOf({ claims: { scope: 'delete' } }));
    expect([without.status, without.body, without.challenge]).toEqual([
      403,
      '{"message":"Forbidden"}',
      'Bearer scope="write read" error="insufficient_scope" error_description="the token does not have a scope of the route"',
    ]);
    expect((await call('scoped', await tokenOf({ claims: { scp: ['delete', 'read'] } }))).status).toBe(200);
    expect((await call('scoped', await tokenOf({ claims: { scope: 'delete write' } }))).status).toBe(200);
    expect(authorizer()).toMatchObject({ jwt: { scopes: ['write', 'read'] } });
  });

  test('refuses everybody where the issuer does not answer', async () => {
    const answer = await call('lost', await tokenOf());
    expect([answer.status, answer.body]).toEqual([401, '{"message":"Unauthorized"}']);
    expect(answer.challenge).toContain("the issuer's keys can't be read");
  });

  test('keeps the keys, and asks again for a new one, but not as often as it is asked', async () => {
    for (let n = 0; n < 3; n += 1) await call('token', await tokenOf());
    expect(asked).toBe(1);
    published = [await publicKey(second.publicKey, 'b')];
    const renewed = () => tokenOf({ key: second.privateKey, kid: 'b' });
    expect((await call('token', await renewed())).status).toBe(401);
    expect(asked).toBe(1);
    clock.advance(httpLimits.issuerPauseMs);
    expect((await call('token', await renewed())).status).toBe(200);
    expect(asked).toBe(2);
    clock.advance(httpLimits.issuerKeysMs);
    expect((await call('token', await renewed())).status).toBe(200);
    expect(asked).toBe(3);
  });
});

describe('request limits', () => {
  test('of a route: the burst, then the rate; other routes are not counted', async () => {
    const statuses = async (count: number) => {
      const answers = [];
      for (let n = 0; n < count; n += 1) answers.push(await call('narrow'));
      return answers.map(({ status }) => status);
    };
    expect(await statuses(5)).toEqual([200, 200, 200, 429, 429]);
    expect((await call('narrow')).body).toBe('{"message":"Too Many Requests"}');
    expect((await call('open')).status).toBe(200);
    clock.advance(1000);
    expect(await statuses(3)).toEqual([200, 200, 429]);
    expect(invoked).toHaveLength(6);
  });
});
