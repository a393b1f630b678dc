import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpClient } from '../http-client.ts';
import { type PostOutcome, RelayPoster } from '../relay-post.ts';
import { ManualClock } from './manual-clock.ts';

interface Post {
  readonly text: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

let server: Server;
let http: HttpClient;
let clock: ManualClock;
let posts: Post[];
let answer: (post: Post) => void;

beforeEach(async () => {
  http = new HttpClient();
  clock = new ManualClock();
  posts = [];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => {
      text += part;
    });
    request.on('end', () => {
      const post = { text, request, response };
      posts.push(post);
      answer(post);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  http.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function poster(random = () => 1): RelayPoster {
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/live/`;
  const credentials = () => ({ accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' });
  return new RelayPoster({ url, region: 'eu-west-1', http, credentials, clock, random });
}

/** Answers the statuses in turn, then 200. */
function statuses(...list: number[]): void {
  answer = ({ response }) => response.writeHead(list.shift() ?? 200).end('{"message":"words of the relay"}');
}

/** Fires every timer that is set until the outcome is there; returns the waits. */
async function waitsUntil(outcome: Promise<PostOutcome>): Promise<number[]> {
  const waits: number[] = [];
  let done = false;
  const end = outcome.then(() => {
    done = true;
  });
  for (;;) {
    await Promise.race([end, clock.untilSet(() => true)]);
    if (done) return waits;
    waits.push(await clock.fireNext());
  }
}

describe('a post', () => {
  it('is a signed POST to the connection, with its id encoded', async () => {
    statuses();
    expect(await poster().post('L0SM9cOF=', ['hello'], clock.now() + 1000)).toEqual({ kind: 'delivered' });
    const { method, url, headers } = posts[0]?.request ?? {};
    expect([method, url, posts[0]?.text]).toEqual(['POST', '/live/@connections/L0SM9cOF%3D', 'hello']);
    expect(headers?.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/20260301\/eu-west-1\/execute-api\//,
    );
    expect(headers?.['x-amz-security-token']).toBe('token');
  });

  it.each([429, 500, 502, 503, 504])('is retried after %i', async (status) => {
    statuses(status, status);
    const outcome = poster().post('c=', ['text'], clock.now() + 60_000);
    expect(await waitsUntil(outcome)).toEqual([25, 50]);
    expect(await outcome).toEqual({ kind: 'delivered' });
    expect(posts).toHaveLength(3);
  });

  it('is retried after a reset', async () => {
    answer = ({ request, response }) =>
      posts.length === 1 ? request.socket.resetAndDestroy() : response.end();
    const outcome = poster().post('c=', ['text'], clock.now() + 60_000);
    expect(await waitsUntil(outcome)).toEqual([25]);
    expect(await outcome).toEqual({ kind: 'delivered' });
  });

  it.each(['EMFILE', 'ENFILE', 'ENOBUFS', 'EADDRNOTAVAIL', 'ENETUNREACH', 'EHOSTDOWN', 'ENOTFOUND'])(
    'is retried after %s, which passes',
    async (code) => {
      statuses();
      const send = http.send.bind(http);
      let failures = 2;
      http.send = (request) => {
        failures -= 1;
        return failures < 0 ? send(request) : Promise.reject(Object.assign(new Error(code), { code }));
      };
      const outcome = poster().post('c=', ['text'], clock.now() + 60_000);
      expect(await waitsUntil(outcome)).toEqual([25, 50]);
      expect(await outcome).toEqual({ kind: 'delivered' });
    },
  );

  it('is not retried after a permanent error', async () => {
    const error = Object.assign(new Error('self-signed certificate'), {
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    http.send = () => Promise.reject(error);
    expect(await poster().post('c=', ['text'], clock.now() + 60_000)).toEqual({
      kind: 'failed',
      reason: 'self-signed certificate',
    });
  });

  it('waits with full jitter, at most 2 s, and never past its bound', async () => {
    answer = ({ response }) => response.writeHead(503).end('busy');
    const calm = poster(() => 1).post('c=', ['text'], clock.now() + 10_000);
    expect(await waitsUntil(calm)).toEqual([25, 50, 100, 200, 400, 800, 1600, 2000, 2000, 2000]);
    expect(await calm).toEqual({ kind: 'failed', reason: 'HTTP 503 busy' });
    const eager = poster(() => 0.5).post('c=', ['text'], clock.now() + 3000);
    expect(await waitsUntil(eager)).toEqual([12.5, 25, 50, 100, 200, 400, 800, 1000]);
    expect(await eager).toEqual({ kind: 'failed', reason: 'HTTP 503 busy' });
  });

  it('to an unreachable host is retried until its deadline', async () => {
    const nobody = poster();
    await new Promise((resolve) => server.close(resolve));
    const outcome = nobody.post('c=', ['text'], clock.now() + 1500);
    expect(await waitsUntil(outcome)).toEqual([25, 50, 100, 200, 400]);
    expect(await outcome).toMatchObject({ kind: 'failed', reason: expect.stringContaining('ECONNREFUSED') });
  });

  it.each(['GoneException', 'SomethingElse'])(
    'is gone by status 410, whatever the error is called (%s)',
    async (name) => {
      answer = ({ response }) =>
        response.writeHead(410, { 'x-amzn-errortype': name }).end(`{"__type":"${name}"}`);
      expect(await poster().post('c=', ['text'], clock.now() + 1000)).toEqual({ kind: 'gone' });
      expect(posts).toHaveLength(1);
    },
  );

  it.each([400, 403, 413])('is refused for good by %i, with the relay’s words', async (status) => {
    statuses(status);
    const reason = `HTTP ${status} {"message":"words of the relay"}`;
    expect(await poster().post('c=', ['text'], clock.now() + 1000)).toEqual({ kind: 'failed', reason });
    expect(posts).toHaveLength(1);
  });

  it('never shows the session token that AWS quotes after a bad signature', async () => {
    const quoted =
      '{"message":"The signature does not match.\\n\\nThe Canonical String was\\nx-amz-security-token:token"}';
    answer = ({ response }) => response.writeHead(403).end(quoted);
    const reason = 'HTTP 403 {"message":"The signature does not match.';
    expect(await poster().post('c=', ['text'], clock.now() + 1000)).toEqual({ kind: 'failed', reason });
  });

  it('fails, and does not reject, without credentials', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/live`;
    const credentials = () => Promise.reject(new Error('the SSO session has expired'));
    const locked = new RelayPoster({ url, region: 'eu-west-1', http, credentials, clock });
    const outcome = await locked.post('c=', ['text'], clock.now() + 1000);
    expect(outcome).toEqual({ kind: 'failed', reason: 'the SSO session has expired' });
  });
});

describe('many texts of one message', () => {
  const texts = Array.from({ length: 30 }, (_, index) => `text ${index}`);

  it('are posted eight at a time, each once', async () => {
    const open = new Set<ServerResponse>();
    let most = 0;
    answer = ({ response }) => {
      open.add(response);
      most = Math.max(most, open.size);
      const last = texts.length - posts.length;
      // Answered only when all lanes are busy, or nothing more can come.
      if (open.size < 8 && last > 0) return;
      for (const each of open) each.end();
      open.clear();
    };
    expect(await poster().post('c=', texts, clock.now() + 1000)).toEqual({ kind: 'delivered' });
    expect(most).toBe(8);
    expect(posts.map(({ text }) => text).sort()).toEqual([...texts].sort());
  });

  it('are not continued when the connection is gone', async () => {
    answer = ({ response }) => response.writeHead(posts.length === 1 ? 200 : 410).end();
    expect(await poster().post('c=', texts, clock.now() + 1000)).toEqual({ kind: 'gone' });
    expect(posts.length).toBeLessThanOrEqual(9);
  });
});

it('warms by a post that reaches nobody, and reports no failure', async () => {
  statuses(410);
  await poster().warm();
  expect(posts.map(({ request, text }) => [request.url, text])).toEqual([['/live/@connections/warm', '']]);
});

it('fails for an id that cannot be encoded', async () => {
  // A peer's JSON can say so: half of a pair of UTF-16 is not a character.
  const texts = ['a', 'b'];
  const outcome = await poster().post('half\ud800', texts, clock.now() + 5000);
  expect(outcome).toMatchObject({ kind: 'failed' });
  expect(posts).toEqual([]);
});
