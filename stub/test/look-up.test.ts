// Who serves a function: looked up again before an invocation if the last look-up is old, and followed when it changes.
import { beforeEach, describe, expect, it } from 'vitest';
import type { FakeClient, Received } from './harness/fake-client.ts';
import { answerOf, errorOf, type Lambda } from './harness/lambda.ts';
import { type WatchedDirectory, watchedDirectory } from './harness/watched-directory.ts';
import { useWorld } from './harness/world.ts';

const world = useWorld();
const renewAfterMs = 2000;

let client: FakeClient;
let directory: WatchedDirectory;
let lambda: Lambda;

beforeEach(async () => {
  client = await world.serve();
  directory = await watchedDirectory(world.table.endpoint);
  lambda = await world.lambda({
    stubFile: world.built.manualClockFile,
    directoryEndpoint: directory.endpoint,
  });
  await answeredBy(client);
});

async function answeredBy(taker: FakeClient): Promise<unknown> {
  const outcome = lambda.invoke({});
  await taker.answer(await taker.next('invoke'), '"answered"');
  return answerOf(await outcome);
}

describe('a look-up', () => {
  it('that is at most two seconds old decides and costs nothing', async () => {
    lambda.advance(renewAfterMs - 100);
    for (let count = 0; count < 5; count += 1) await answeredBy(client);
    expect(directory.reads).toBe(1);
  });

  it('that is older is renewed first: a function that another client takes moves with the next invocation', async () => {
    const colleague = await world.serve({ item: 'client#hello' });
    lambda.advance(renewAfterMs + 1);
    expect(await answeredBy(colleague)).toBe('answered');
    expect(await answeredBy(colleague)).toBe('answered');
    expect(directory.reads).toBe(2);
    expect(client.received).toEqual([]);
  });

  it('that the directory does not renew within 100 ms decides anyway', async () => {
    let release: () => void = () => undefined;
    directory.hold = new Promise((resolve) => {
      release = resolve;
    });
    lambda.advance(renewAfterMs + 1);
    const outcome = lambda.invoke({});
    await lambda.untilTimer(100, 1);
    lambda.advance(100);
    const received = await client.next('invoke');
    release();
    await client.answer(received, '1');
    expect(answerOf(await outcome)).toBe(1);
  });

  it('whose renewal fails decides at once', async () => {
    directory.refuses = true;
    lambda.advance(renewAfterMs + 1);
    expect(await answeredBy(client)).toBe('answered');
  });
});

describe('a client that does not run an invocation', () => {
  const moved = (received: Received & { message: { head: object } }, reason: 'not-held' | 'stopping') => {
    const { id, head } = received.message;
    const { replyTo } = head as { replyTo: string };
    return client.send(replyTo, received.channel, {
      type: 'moved',
      id,
      attempt: 1,
      head: { reason },
      body: new Uint8Array(0),
    });
  };

  it('because another client holds the function is abandoned for that one at once', async () => {
    const outcome = lambda.invoke({});
    const received = await client.next('invoke');
    const colleague = await world.serve({ item: 'client#hello' });
    await moved(received, 'not-held');
    const second = await colleague.next('invoke');
    expect(second.message.id).toBe(received.message.id);
    await colleague.answer(second, '"by the holder"');
    expect(answerOf(await outcome)).toBe('by the holder');
  });

  it('because it stops, while nobody else serves, fails the invocation at once', async () => {
    const outcome = lambda.invoke({});
    const received = await client.next('invoke');
    await client.leave();
    await moved(received, 'stopping');
    expect(errorOf(await outcome).errorType).toBe('LiveDebugNoClientError');
  });

  it('reports that for the second sending as well', async () => {
    // That of the invocation before.
    await lambda.untilTimer(1000, 1);
    const outcome = lambda.invoke({});
    await client.next('invoke');
    for (const _ of [1, 2, 3]) {
      await lambda.untilTimer(1000, 1);
      lambda.advance(1000);
    }
    const second = await client.next('invoke');
    const colleague = await world.serve({ item: 'client#hello' });
    await moved(second, 'not-held');
    await colleague.answer(await colleague.next('invoke'), '"third time"');
    expect(answerOf(await outcome)).toBe('third time');
  });

  it('but stays in the directory is not asked again and again', async () => {
    const outcome = lambda.invoke({});
    await moved(await client.next('invoke'), 'stopping');
    expect(errorOf(await outcome).errorType).toBe('LiveDebugNoClientError');
    // A stub waits for its cancel for a moment only; on a busy machine it arrives after the outcome.
    await client.next('cancel');
    expect(client.received).toEqual([]);
  });

  it('is ignored once it has begun', async () => {
    const outcome = lambda.invoke({});
    const received = await client.next('invoke');
    await client.acknowledge(received);
    await lambda.untilTimer(10_000);
    await moved(received, 'not-held');
    await client.answer(received, '"begun"');
    expect(answerOf(await outcome)).toBe('begun');
  });
});
