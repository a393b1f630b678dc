// A wrapped Python function while somebody observes: the deployed code answers, and its wrapper hands a copy to the stub beside it
// once Lambda has the answer.
import { describe, expect, it } from 'vitest';
import { testCredentials } from '../../../protocol/test/directory-table.ts';
import { stageSecretText } from '../../../protocol/test/stage-secrets.ts';
import type { FakeClient } from '../harness/fake-client.ts';
import { useWorld } from '../harness/world.ts';
import { usePythonFunctions } from './harness/python-functions.ts';

const world = useWorld();
const functions = usePythonFunctions(world);
const leaseUntil = Date.now() + 3_600_000;
const observe = (fields = {}) =>
  world.serve({ item: 'client#~observe#hello#1', observe: '1000', leaseUntil, ...fields });

const code = `
def handler(event, context):
    if event == "fail":
        raise KeyError("x")
    return {"deployed": event} if not isinstance(event, str) else event * 2
`;

/** Calls the Runtime API while its answer is being confirmed: everything passes through the proxy. */
const busy = `
import http.client, os, threading
def pings():
    for _ in range(20):
        connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
        connection.request("GET", "/ping")
        connection.getresponse().read()
        connection.close()
def handler(event, context):
    threading.Thread(target=pings).start()
    return {"deployed": event}
`;

async function wrapped(environment: Record<string, string> = {}, of = code) {
  const started = await functions.ready(of, { environment });
  functions.invokeApi.stub = await world.lambda({ stubFile: world.built.besideFile });
  return started;
}

async function copy(client: FakeClient) {
  const { body, head } = (await client.next('observed')).message;
  const kept = Number(head.eventKept);
  const text = (from: number, to?: number) => Buffer.from(body.subarray(from, to)).toString();
  return { head, event: text(0, kept), result: text(kept) };
}

describe('a copy', () => {
  it('has event and answer as they were, and leaves after Lambda has confirmed the answer', async () => {
    const client = await observe();
    const { api } = await wrapped({ DATABASE_PASSWORD: 'hunter-2-hunter-2' }, busy);
    let confirm: () => void = () => undefined;
    api.confirms = new Promise((resolve) => {
      confirm = resolve;
    });
    const answer = await api.invoke({ id: 'a', event: '{"n":12345678901234567890}' });
    await api.until(() => api.requests.filter(({ path }) => path === '/ping').length === 20);
    expect(functions.invokeApi.invokes).toBe(0);
    confirm();
    const copied = await copy(client);
    expect([copied.event, copied.result]).toEqual(['{"n":12345678901234567890}', answer.body.toString()]);
    expect(copied.head).toMatchObject({
      ...{ requestId: 'a', function: 'hello', by: 'deployed', ok: true, item: 'client#~observe#hello#1' },
      ...{ eventBytes: copied.event.length, resultBytes: copied.result.length },
    });
    for (const secret of [
      ...Object.values(testCredentials),
      'hunter-2-hunter-2',
      stageSecretText,
      'LIVE_DEBUG',
    ])
      expect(JSON.stringify(copied)).not.toContain(secret);
  });

  it('of an error is one, and of long ones the start', async () => {
    const client = await observe();
    const { api } = await wrapped();
    await api.invoke({ id: 'a', event: '"fail"' });
    expect((await copy(client)).head).toMatchObject({ ok: false, errorType: 'KeyError' });
    const event = JSON.stringify('e'.repeat(400 * 1024));
    const { body } = await api.invoke({ id: 'b', event });
    const copied = await copy(client);
    expect([copied.event, copied.result]).toEqual([
      event.slice(0, 256 * 1024),
      body.toString().slice(0, 256 * 1024),
    ]);
    expect(copied.head).toMatchObject({ eventBytes: event.length, resultBytes: body.length });
  });

  it('goes where the filter matches, also in an event of which only the start is copied', async () => {
    const filter = JSON.stringify({ only: 'a', event: { to: ['tom'] }, needs: ['tom'] });
    const client = await observe({ filter, observe: '0.0001' });
    const { api } = await wrapped();
    const long = `{"text":"${'e'.repeat(400 * 1024)}","to":"tom"}`;
    await api.invoke({ id: 'a', event: '{"to":"ann"}' });
    await api.invoke({ id: 'b', event: '{"to":"ann","of":"tom"}' });
    await api.invoke({ id: 'c', event: long });
    expect((await copy(client)).head).toMatchObject({ requestId: 'c', eventBytes: long.length });
    // One without the text costs no Invoke, one that does not match takes nothing of the sample.
    expect(functions.invokeApi.invokes).toBe(2);
    await api.invoke({ id: 'd', event: '{"to":"tom"}' });
    await api.invoke({ id: 'e', event: '{"to":"tom"}' });
    expect(functions.invokeApi.invokes).toBe(2);
  });
});

describe('the deployed code answers', () => {
  const answers = async (
    api: Awaited<ReturnType<typeof wrapped>>['api'],
    from: number,
    to: number,
  ): Promise<void> => {
    for (let count = from; count < to; count += 1) {
      const { body } = await api.invoke({ id: `i${count}`, event: String(count) });
      expect(JSON.parse(body.toString())).toEqual({ deployed: count });
    }
  };

  it('though the Lambda API hangs; what waits is bounded, and the next copy says what was dropped', async () => {
    const client = await observe();
    const { api } = await wrapped();
    let hangs = true;
    functions.invokeApi.instead = () => hangs;
    await answers(api, 0, 1);
    await expect.poll(() => functions.invokeApi.invokes).toBe(1);
    await answers(api, 1, 30);
    hangs = false;
    functions.invokeApi.closeConnections();
    const copies: Awaited<ReturnType<typeof copy>>[] = [];
    while (copies.at(-1)?.event !== '29') copies.push(await copy(client));
    // There is room for 20. The copy of an answer is made once Lambda has the answer, so the last one may come after the hang-up.
    const first = Number(copies[0]?.event);
    expect([9, 10]).toContain(first);
    expect(copies.map(({ event }) => Number(event))).toEqual(
      Array.from({ length: 30 - first }, (_, at) => first + at),
    );
    // The one that hung, and those that had no room.
    expect(copies[0]?.head.dropped).toBe(first);
    expect(copies[1]?.head).not.toHaveProperty('dropped');
  });

  it.each([403, 404, 429, 500])('though it refuses the stub’s Invoke with %i', async (status) => {
    await observe();
    const { api, instance } = await wrapped();
    functions.invokeApi.instead = (_request, response) => {
      response.writeHead(status).end('{}');
      return true;
    };
    await answers(api, 0, 3);
    await instance.untilOutput(`HTTP ${status}`);
    await answers(api, 3, 5);
  });

  it('where the stage may only be observed, whoever is in the table', async () => {
    const [observer, server] = [await observe(), await world.serve({ item: 'client#hello' })];
    const { api } = await wrapped({ LIVE_DEBUG_OBSERVE_ONLY: 'true' });
    await answers(api, 0, 2);
    expect((await copy(observer)).head.requestId).toBe('i0');
    expect(server.received).toEqual([]);
  });

  it('and to an item that says that it observes, whatever its key, nothing goes', async () => {
    const odd = await world.serve({ item: 'client#hello', observe: '1' });
    const { api } = await wrapped();
    await answers(api, 0, 2);
    expect([odd.received, functions.invokeApi.invokes]).toEqual([[], 0]);
  });
});

it('a copy that does not prove itself is an ordinary event to the stub', async () => {
  const client = await observe();
  const stub = await world.lambda({ stubFile: world.built.besideFile });
  const head = Buffer.from('{}').toString('base64');
  const forged = { liveDebugObserved: head, proof: '0'.repeat(64), copy: 'AAAA' };
  const outcome = await stub.invoke(forged);
  expect(outcome.ok).toBe(false);
  expect(client.received).toEqual([]);
});
