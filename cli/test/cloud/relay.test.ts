// The relay over real sockets: ws clients, aws4fetch's signatures, AWS's own SDK for @connections.
import { once } from 'node:events';
import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  GoneException,
  LimitExceededException,
  PayloadTooLargeException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import type { AwsClient } from 'aws4fetch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import {
  createPrincipal,
  createStubRole,
  type Principal,
  region,
  relayArn,
} from '../../src/cloud/aws-api/access.ts';
import { closeServer, jsonAnswer, listen } from '../../src/cloud/aws-api/loopback-server.ts';
import { SigV4Verifier } from '../../src/cloud/aws-api/sigv4-verify.ts';
import { createAwsEndpoint } from '../../src/cloud/aws-endpoint.ts';
import type { RelayFault, RelayPost } from '../../src/cloud/cloud.ts';
import { ConnectionsApi } from '../../src/cloud/relay/connections-api.ts';
import { frameLengthWatcher } from '../../src/cloud/relay/frame-lengths.ts';
import { Relay } from '../../src/cloud/relay/relay-server.ts';
import { HandClock } from './hand-clock.ts';
import { awsClient, closed, hello, nextMessage, opened, refused, signedSocket } from './signing.ts';

const minute = 60_000;
const stub = createStubRole('live-debug-test', 'test');
const admin = createPrincipal('admin/test', [
  { actions: ['execute-api:*'], resources: [relayArn('$connect'), relayArn('*')] },
]);
const stranger = createPrincipal('stranger/test', []);

let clock: HandClock;
let relayUrl: string;
let fault: (post: RelayPost) => RelayFault | undefined;
let client: AwsClient;
let management: ApiGatewayManagementApiClient;
let stop: () => Promise<void>;

beforeEach(async () => {
  clock = new HandClock();
  fault = () => undefined;
  const verifier = new SigV4Verifier(region, [stub, admin, stranger], clock);
  const relay = new Relay(verifier, clock);
  const connections = new ConnectionsApi(relay, verifier, clock, (post) => fault(post));
  const none = { answer: async () => jsonAnswer(404, {}) };
  const server = createAwsEndpoint({ relay, connections, dynamodb: none, invoke: none });
  relayUrl = `http://127.0.0.1:${await listen(server, 0)}/live`;
  client = awsClient(stub.credentials, 'execute-api');
  management = managementClient(admin);
  stop = async () => {
    relay.close();
    management.destroy();
    await closeServer(server);
  };
});

afterEach(() => stop());

function managementClient({ credentials }: Principal): ApiGatewayManagementApiClient {
  return new ApiGatewayManagementApiClient({ region, endpoint: relayUrl, credentials, maxAttempts: 1 });
}

async function connect(principal: Principal = stub): Promise<WebSocket> {
  return opened(await signedSocket(relayUrl, principal));
}

function post(id: string, body: string | Uint8Array<ArrayBuffer>, from = client) {
  return from.fetch(`${relayUrl}/@connections/${encodeURIComponent(id)}`, { method: 'POST', body });
}

describe('$connect', () => {
  test('takes a signed handshake, in headers or presigned', async () => {
    for (const presigned of [false, true]) {
      const socket = await opened(await signedSocket(relayUrl, stub, { presigned }));
      expect(await hello(socket)).toMatch(/^[A-Za-z0-9_-]{15}=$/);
      socket.terminate();
    }
  });

  test('answers 403 to a bad signature, an old one, a stranger, and at other paths', async () => {
    const wrongSecret = { credentials: { ...stub.credentials, secretAccessKey: 'wrong' } };
    const attempts = [
      signedSocket(relayUrl, wrongSecret),
      signedSocket(relayUrl, stub, { datetime: '20200101T000000Z' }),
      signedSocket(relayUrl, stranger),
      signedSocket(`${relayUrl}/more`, stub),
      signedSocket(relayUrl.replace('/live', '/dev'), stub),
      signedSocket(relayUrl, stub, { headers: { authorization: '' } }),
    ];
    // Listened to all at once: the last is answered while the first is looked at.
    const answers = await Promise.all(attempts.map((attempt) => attempt.then(refused)));
    for (const answer of answers) expect(answer).toEqual({ status: 403, body: '{"message":"Forbidden"}' });
  });
});

describe('routes', () => {
  test('hello returns the id, anything else gets a pong', async () => {
    const socket = await connect();
    const id = await hello(socket);
    expect(await hello(socket)).toBe(id);
    for (const text of ['{"action":"other"}', '{}', '[1]', 'null', 'not json', '']) {
      const answer = nextMessage(socket);
      socket.send(text);
      expect(await answer).toEqual({ text: '{"pong":true}', isBinary: false });
    }
  });

  test('binary from a client closes with 1003', async () => {
    const socket = await connect();
    socket.send(Buffer.from('x'));
    expect(await closed(socket)).toMatchObject({ code: 1003 });
  });
});

describe('limits', () => {
  test('a frame of 32 KB passes, one byte more closes with 1009', async () => {
    const socket = await connect();
    const answer = nextMessage(socket);
    socket.send('a'.repeat(32 * 1024));
    expect((await answer).text).toBe('{"pong":true}');
    socket.send('a'.repeat(32 * 1024 + 1));
    expect(await closed(socket)).toMatchObject({ code: 1009 });
  });

  test('a message of 128 KB in frames of 32 KB passes, one byte more closes with 1009', async () => {
    const socket = await connect();
    const frame = 'a'.repeat(32 * 1024);
    const answer = nextMessage(socket);
    for (const fin of [false, false, false, true]) socket.send(frame, { fin });
    expect((await answer).text).toBe('{"pong":true}');
    for (const part of [frame, frame, frame, frame]) socket.send(part, { fin: false });
    socket.send('a', { fin: true });
    expect(await closed(socket)).toMatchObject({ code: 1009 });
  });

  test('ten minutes of silence close with 1001, a message on either side restarts them', async () => {
    const socket = await connect();
    const id = await hello(socket);
    clock.advance(9 * minute);
    await hello(socket);
    clock.advance(9 * minute);
    client = awsClient(stub.credentials, 'execute-api');
    const message = nextMessage(socket);
    expect((await postAt(id)).status).toBe(200);
    await message;
    clock.advance(9 * minute);
    expect(socket.readyState).toBe(socket.OPEN);
    clock.advance(minute);
    expect(await closed(socket)).toEqual({ code: 1001, reason: 'Going away' });
  });

  test('two hours close with 1001 however busy it is', async () => {
    const socket = await connect();
    for (let passed = 0; passed < 119; passed += 7) {
      await hello(socket);
      clock.advance(7 * minute);
    }
    clock.advance(minute);
    expect(await closed(socket)).toEqual({ code: 1001, reason: 'Going away' });
  });

  /** A post signed with the relay's own time, which the test has moved. */
  async function postAt(id: string) {
    const datetime = new Date(clock.now()).toISOString().replace(/[-:]|\.\d{3}/g, '');
    return client.fetch(`${relayUrl}/@connections/${encodeURIComponent(id)}`, {
      method: 'POST',
      body: 'x',
      aws: { datetime },
    });
  }
});

describe('@connections', () => {
  test('posts arrive as text, whatever is in them, in frames of 32 KB at most', async () => {
    const socket = await signedSocket(relayUrl, stub);
    const tooLong: string[] = [];
    socket.once('upgrade', ({ socket: bytes }) => {
      bytes.prependListener(
        'data',
        frameLengthWatcher(32 * 1024, () => tooLong.push('frame')),
      );
    });
    await opened(socket);
    const id = await hello(socket);
    const messages = ['', 'x', '{"ä":"€ 𝄞"}', 'é'.repeat(64 * 1024)];
    for (const text of messages) {
      const message = nextMessage(socket);
      expect((await post(id, text)).status).toBe(200);
      expect(await message).toEqual({ text, isBinary: false });
    }
    expect(tooLong).toEqual([]);
  });

  test('takes the id percent-encoded and plain', async () => {
    const socket = await connect();
    const id = await hello(socket);
    const message = nextMessage(socket);
    const plain = await client.fetch(`${relayUrl}/@connections/${id}`, { method: 'POST', body: 'plain' });
    expect(plain.status).toBe(200);
    expect((await message).text).toBe('plain');
  });

  test('AWS SDK: post, get, delete, then gone', async () => {
    const socket = await connect();
    const ConnectionId = await hello(socket);
    clock.advance(1000);
    const message = nextMessage(socket);
    await management.send(new PostToConnectionCommand({ ConnectionId, Data: Buffer.from('from the SDK') }));
    expect((await message).text).toBe('from the SDK');
    const described = await management.send(new GetConnectionCommand({ ConnectionId }));
    expect(described.Identity).toEqual({ SourceIp: '127.0.0.1' });
    expect(described.LastActiveAt?.getTime()).toBe(clock.now());
    expect(described.ConnectedAt?.getTime()).toBe(clock.now() - 1000);
    const goodbye = closed(socket);
    await management.send(new DeleteConnectionCommand({ ConnectionId }));
    expect(await goodbye).toMatchObject({ code: 1000 });
    for (const Command of [GetConnectionCommand, DeleteConnectionCommand]) {
      await expect(management.send(new Command({ ConnectionId }))).rejects.toThrow(GoneException);
    }
    const again = new PostToConnectionCommand({ ConnectionId, Data: Buffer.from('x') });
    await expect(management.send(again)).rejects.toMatchObject({
      name: 'GoneException',
      $metadata: { httpStatusCode: 410 },
    });
  });

  test('410 for an id that never was, 400 for one that could not be', async () => {
    expect((await post('AAAAAAAAAAAAAAA=', 'x')).status).toBe(410);
    const malformed = await post('nobody', 'x');
    expect(malformed.status).toBe(400);
    expect(malformed.headers.get('x-amzn-errortype')).toBe('BadRequestException');
    expect(await malformed.json()).toEqual({ message: 'Invalid connectionId: nobody' });
  });

  test('128 KB pass, one byte more is 413, by the announced length and by counting', async () => {
    const socket = await connect();
    const id = await hello(socket);
    const limit = 128 * 1024;
    const message = nextMessage(socket);
    expect((await post(id, 'a'.repeat(limit))).status).toBe(200);
    expect((await message).text).toHaveLength(limit);
    const command = new PostToConnectionCommand({ ConnectionId: id, Data: Buffer.alloc(limit + 1, 'a') });
    await expect(management.send(command)).rejects.toThrow(PayloadTooLargeException);
    const streamed = await fetch(`${relayUrl}/@connections/${id}`, {
      method: 'POST',
      body: new Blob(['a'.repeat(limit + 1)]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(streamed.status).toBe(413);
  });

  test('403 without a signature, with another body, for a stranger, and for what the policy leaves out', async () => {
    const socket = await connect();
    const id = await hello(socket);
    const url = `${relayUrl}/@connections/${encodeURIComponent(id)}`;
    const unsigned = await fetch(url, { method: 'POST', body: 'x' });
    expect([unsigned.status, await unsigned.text()]).toEqual([403, '{"message":"Forbidden"}']);
    const { headers } = await client.sign(url, { method: 'POST', body: 'x' });
    expect((await fetch(url, { method: 'POST', body: 'y', headers })).status).toBe(403);
    const denied = await post(id, 'x', awsClient(stranger.credentials, 'execute-api'));
    expect(denied.status).toBe(403);
    expect(denied.headers.get('x-amzn-errortype')).toBe('AccessDeniedException');
    expect(await denied.json()).toEqual({
      Message: `User: ${stranger.arn} is not authorized to perform: execute-api:ManageConnections on resource: arn:aws:execute-api:us-east-1:000000000000:localrelay/live/POST/@connections/${id} because no identity-based policy allows the execute-api:ManageConnections action`,
    });
    expect((await client.fetch(url, { method: 'DELETE' })).status).toBe(403);
    expect(socket.readyState).toBe(socket.OPEN);
  });

  test('bytes that are not UTF-8 are refused and leave the receiver connected', async () => {
    const socket = await connect();
    const id = await hello(socket);
    expect((await post(id, Buffer.from([0xff, 0xfe]))).status).toBe(400);
    expect(await hello(socket)).toBe(id);
  });

  test('429 when the receiver does not read, and every accepted message still arrives', async () => {
    const socket = await connect();
    const id = await hello(socket);
    socket.pause();
    const body = 'a'.repeat(128 * 1024);
    let accepted = 0;
    let error: unknown;
    while (error === undefined && accepted < 1000) {
      const command = new PostToConnectionCommand({ ConnectionId: id, Data: Buffer.from(body) });
      await management.send(command).then(
        () => {
          accepted += 1;
        },
        (thrown) => {
          error = thrown;
        },
      );
    }
    expect(error).toBeInstanceOf(LimitExceededException);
    let arrived = 0;
    const all = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        arrived += data.toString() === body ? 1 : 0;
        if (arrived === accepted) resolve();
      });
    });
    socket.resume();
    await all;
    expect((await post(id, 'x')).status).toBe(200);
  });

  test('a host name that is not this machine is refused', async () => {
    const { request } = await import('node:http');
    const call = request(relayUrl, { headers: { host: 'rebound.example.com' } });
    call.end();
    const [response] = await once(call, 'response');
    response.resume();
    expect(response.statusCode).toBe(403);
  });
});

describe('faults', () => {
  let socket: WebSocket;
  let id: string;
  let received: string[];

  beforeEach(async () => {
    socket = await connect();
    id = await hello(socket);
    received = [];
    socket.on('message', (data) => received.push(data.toString()));
  });

  /** Everything sent to the socket before this call has arrived when it resolves. */
  const settled = () => hello(socket);
  const messages = async () => {
    await settled();
    return received.filter((text) => !text.includes('connectionId'));
  };

  test('answers 429 and 5xx instead of delivering, then works again', async () => {
    fault = ({ number }) => [undefined, { status: 429 }, { status: 503 }][number];
    const statuses = [];
    for (const text of ['one', 'two', 'three']) statuses.push((await post(id, text)).status);
    expect(statuses).toEqual([429, 503, 200]);
    expect(await messages()).toEqual(['three']);
  });

  test('drops the caller before or after delivering', async () => {
    fault = ({ number }) => ({ drop: number === 1 ? 'before' : 'after' });
    await expect(post(id, 'lost')).rejects.toThrow();
    await expect(post(id, 'kept')).rejects.toThrow();
    expect(await messages()).toEqual(['kept']);
  });

  test('delays a post until the clock moves on', async () => {
    let slow: Promise<Response> | undefined;
    await new Promise<void>((asked) => {
      fault = ({ number }) => {
        asked();
        return number === 1 ? { delayMs: 500 } : undefined;
      };
      slow = post(id, 'slow');
    });
    expect((await post(id, 'quick')).status).toBe(200);
    clock.advance(500);
    expect((await slow)?.status).toBe(200);
    expect(await messages()).toEqual(['quick', 'slow']);
  });

  test('answers at once and delivers out of order', async () => {
    fault = ({ number }) => (number === 1 ? { lateMs: 100 } : undefined);
    expect((await post(id, 'first')).status).toBe(200);
    expect((await post(id, 'second')).status).toBe(200);
    clock.advance(100);
    expect(await messages()).toEqual(['second', 'first']);
  });
});
