// Messages that are not a valid stub's or client's are dropped, counted and reported, and nothing of them is processed.
import { describe, expect, test } from 'vitest';
import { channelToClient, generateClientKeys } from '../../../protocol/sealing.ts';
import { stageSecret } from '../../../protocol/test/stage-secrets.ts';
import { encodeMessage } from '../../../protocol/wire.ts';
import { stage } from './local-aws.ts';
import { newId } from './stub-peer.ts';
import { type Serving, useWorld } from './world.ts';

const world = useWorld();
const secret = 'AKIA-something-private';

function invoke() {
  const head = {
    requestId: 'r',
    function: 'hello',
    instance: 'i',
    replyTo: 'somewhere=',
    sentAt: 1,
    deadline: 2,
    arn: 'arn',
    environment: { SECRET: secret },
  };
  return { type: 'invoke', id: newId(), attempt: 1, head, body: Buffer.from(secret) } as const;
}

/** The wire texts of an invocation, sealed for whoever owns the key. */
async function sealed(publicKey: string, towardsClient = true): Promise<string[]> {
  return encodeMessage(invoke(), await channelToClient(publicKey, stage, stageSecret), towardsClient);
}

function edited(text: string, edit: (header: Record<string, unknown>) => object): string {
  const end = text.indexOf('\n');
  return JSON.stringify(edit(JSON.parse(text.slice(0, end)))) + text.slice(end);
}

const cases: Record<string, { make: (publicKey: string) => Promise<string>; says: string }> = {
  garbage: { make: async () => 'GET / HTTP/1.1', says: 'no header line' },
  'garbage with a line': { make: async () => 'hello\nworld', says: 'a header that is not JSON' },
  'another version': {
    make: async (key) => edited((await sealed(key))[0] ?? '', (header) => ({ ...header, v: 2 })),
    says: 'protocol version 2 where this end speaks 1; bring livectl and the module to one version',
  },
  'a field more': {
    make: async (key) => edited((await sealed(key))[0] ?? '', (header) => ({ ...header, more: 1 })),
    says: 'a header with invalid fields: more',
  },
  'a header that was changed after sealing': {
    make: async (key) => edited((await sealed(key))[0] ?? '', (header) => ({ ...header, id: 'other' })),
    says: "invoke that does not open with this client's key",
  },
  'a message for another client': {
    make: async () => (await sealed((await generateClientKeys()).publicKey))[0] ?? '',
    says: "invoke that does not open with this client's key",
  },
  'a message for another stage': {
    make: async (key) =>
      (await encodeMessage(invoke(), await channelToClient(key, 'production', stageSecret), true))[0] ?? '',
    says: "invoke that does not open with this client's key",
  },
  'a message without its sender’s key': {
    make: async (key) => (await sealed(key, false))[0] ?? '',
    says: "invoke without a sender's key",
  },
  'a sender’s key that is none': {
    make: async (key) =>
      edited((await sealed(key))[0] ?? '', (header) => ({ ...header, enc: 'AAAAAAAAAAAA' })),
    says: "invoke that does not open with this client's key",
  },
  'a head with invalid fields': {
    make: async (key) => {
      const channel = await channelToClient(key, stage, stageSecret);
      const { requestId, ...head } = invoke().head;
      const message = { ...invoke(), head: { ...head, deadline: 'soon' } };
      return (await encodeMessage(message as never, channel, true))[0] ?? '';
    },
    says: 'invoke with invalid fields: requestId, deadline',
  },
  'a result, which only clients send': {
    make: async (key) => {
      const head = { contentType: 'application/json', codeMs: 1 };
      const message = { type: 'result', id: newId(), attempt: 1, head, body: Buffer.from(secret) } as const;
      return (await encodeMessage(message, await channelToClient(key, stage, stageSecret), true))[0] ?? '';
    },
    says: 'result, which only clients send',
  },
};

async function expectUntouched({ pool, events }: Serving): Promise<void> {
  const stub = await world.stub();
  pool.onRun = (run) => run.answer('1');
  await stub.invoke({ id: newId() });
  await stub.expect('result');
  expect(pool.runs.all).toHaveLength(1);
  expect(JSON.stringify(events.all)).not.toContain(secret);
}

describe('a client drops', () => {
  test.each(Object.entries(cases))('%s', async (_name, { make, says }) => {
    const serving = await world.serve();
    const stub = await world.stub();
    await stub.find();
    await stub.post([await make(serving.publicKey)]);
    expect(await serving.event('error')).toEqual({
      event: 'error',
      code: 'LD_RELAY',
      message: `dropped a message (1 so far): ${says}`,
    });
    await expectUntouched(serving);
  });

  test.each([
    ['invoke', { ...invoke().head, replyTo: 'mine=' }],
    ['probe', { replyTo: 'mine=' }],
    ['ack', { parts: 1_000_000 }],
    ['cancel', { reason: 'deadline' }],
  ] as const)('the %s of a stub about another one’s invocation', async (type, head) => {
    const { pool, event } = await world.serve();
    const [stub, other] = [await world.stub(), await world.stub()];
    const id = newId();
    await stub.invoke({ id, head: { streams: true } });
    await stub.expect('ack');
    await other.send({ type, id, attempt: 9, head, body: Buffer.alloc(0) });
    expect(await event('error')).toEqual({
      event: 'error',
      code: 'LD_RELAY',
      message: `dropped a message: ${type} about another sender’s invocation`,
    });
    const run = await pool.runs.next();
    await run.invocation.responseSink?.(Buffer.from('part'), 'text/plain');
    expect(await stub.expect('part')).toMatchObject({ id, head: { index: 0 } });
    run.answer('1');
    expect(await stub.expect('result')).toMatchObject({ id });
    expect(pool.cancelled).toEqual([]);
  });

  test('and counts', async () => {
    const serving = await world.serve();
    const stub = await world.stub();
    await stub.find();
    await stub.post(['one', 'two', 'three']);
    await serving.events.until(() => serving.told('error').length === 3);
    expect(serving.told('error').map(({ message }) => message)).toEqual(
      [1, 2, 3].map((count) => `dropped a message (${count} so far): no header line`),
    );
    await expectUntouched(serving);
  });

  test('and reports the first of many', async () => {
    const serving = await world.serve();
    const stub = await world.stub();
    await stub.find();
    await stub.post(Array.from({ length: 200 }, (_, index) => `text ${index}`));
    await expectUntouched(serving);
    expect(serving.told('error')).toHaveLength(30);
  });
});
