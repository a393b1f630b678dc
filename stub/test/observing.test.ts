// The shipped stub with a fallback while somebody observes: the fallback answers as ever, and a copy leaves afterwards.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { testCredentials } from '../../protocol/test/directory-table.ts';
import type { FakeClient } from './harness/fake-client.ts';
import { answerOf, errorOf, type Lambda } from './harness/lambda.ts';
import { useWorld } from './harness/world.ts';

const world = useWorld();
const fallbackArn = 'arn:aws:lambda:eu-west-1:123456789012:function:real-hello';

let api: Server;
let answer: { status: number; headers?: Record<string, string>; body: string };

beforeEach(async () => {
  answer = { status: 200, body: '{"from":"the real one"}' };
  api = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(answer.status, answer.headers).end(answer.body));
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  api.closeAllConnections();
  api.close();
});

const start = (environment: Record<string, string> = {}): Promise<Lambda> =>
  world.lambda({
    environment: {
      LIVE_DEBUG_FALLBACK_ARN: fallbackArn,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      DATABASE_PASSWORD: 'hunter-2-hunter-2',
      ...environment,
    },
  });
const observe = (fields = {}) =>
  world.serve({
    item: 'client#~observe#hello#1',
    observe: '10',
    leaseUntil: Date.now() + 3_600_000,
    ...fields,
  });
const copies = () => world.relay.posts.filter(({ text }) => text.includes('"observed"')).length;

async function copy(client: FakeClient) {
  const { body, head } = (await client.next('observed')).message;
  return { head, text: Buffer.from(body).toString() };
}

it('a copy leaves once Lambda invokes the instance again, when it certainly has the answer', async () => {
  const client = await observe();
  const lambda = await start();
  expect(answerOf(await lambda.invoke({ n: 1 }))).toEqual({ from: 'the real one' });
  expect(copies()).toBe(0);
  answer = {
    status: 200,
    headers: { 'x-amz-function-error': 'Unhandled' },
    body: '{"errorType":"E","errorMessage":"m"}',
  };
  expect(errorOf(await lambda.invoke({ n: 2 })).errorType).toBe('E');
  const first = await copy(client);
  expect(first.head).toMatchObject({ requestId: 'request-1', by: 'fallback', ok: true, eventBytes: 7 });
  expect(first.text).toBe('{"n":1}{"from":"the real one"}');
  await lambda.invoke({ n: 3 });
  const second = await copy(client);
  expect([second.head.ok, second.text]).toEqual([false, '{"n":2}{"errorType":"E","errorMessage":"m"}']);
  for (const secret of [...Object.values(testCredentials), 'hunter-2-hunter-2', 'LIVE_DEBUG'])
    expect(JSON.stringify([first, second])).not.toContain(secret);
});

it('the last copy leaves when Lambda ends the instance', async () => {
  const client = await observe();
  const lambda = await start();
  // The keys are agreed on with the first copy: the end leaves no time for that on a machine that is busy.
  for (const n of [1, 2]) await lambda.invoke({ n });
  expect((await copy(client)).head.requestId).toBe('request-1');
  lambda.terminate();
  expect((await copy(client)).head.requestId).toBe('request-2');
});

it('a relay that hangs delays no answer', async () => {
  await observe();
  world.relay.onPost = ({ text }) => (text.includes('"observed"') ? 'hang' : undefined);
  const lambda = await start();
  for (let n = 0; n < 10; n += 1)
    expect(answerOf(await lambda.invoke({ n }))).toEqual({ from: 'the real one' });
  expect(copies()).toBeGreaterThan(0);
});

it('where the stage may only be observed, no client answers', async () => {
  const [observer, server] = [await observe(), await world.serve()];
  const lambda = await start({ LIVE_DEBUG_OBSERVE_ONLY: 'true' });
  for (const n of [1, 2]) expect(answerOf(await lambda.invoke({ n }))).toEqual({ from: 'the real one' });
  expect((await copy(observer)).head.requestId).toBe('request-1');
  expect(server.received).toEqual([]);
});
