// A stub is sent what it announces that it understands, and seven bits per character only once the relay is known to pass them on.
import { expect, test } from 'vitest';
import { prose } from '../../../protocol/test/payloads.ts';
import { newId, textOf } from './stub-peer.ts';
import { useWorld } from './world.ts';

const world = useWorld();

test('answers have the form that the stub’s last invocation asks for', async () => {
  const serving = await world.serve();
  const stub = await world.stub();
  await stub.find();
  const answer = JSON.stringify(prose(5000, 1).toString());
  serving.pool.onRun = (run) => run.answer(answer);
  const formFor = async (understands: string[] | undefined) => {
    await stub.invoke({ id: newId(), head: { understands } });
    expect(textOf(await stub.expect('result'))).toBe(answer);
    const { bits, br, gzip } = stub.headers.at(-1) ?? {};
    return { bits, br, gzip };
  };
  expect(await formFor(undefined)).toEqual({ gzip: true });
  expect(await formFor(['asks', 'moved', 'br', 'bits7'])).toEqual({ br: true });
  expect(await formFor(['moved'])).toEqual({ gzip: true });
  expect((await world.aws.items()).get('client#*')?.capabilities).toBe('psk br');
});

test('once the relay passes on all of ASCII, stubs are told, and those that understand it are answered so', async () => {
  const serving = await world.serve();
  serving.session.useAscii();
  const stub = await world.stub();
  for (let words = ''; words !== 'psk br bits7'; )
    words = (await world.aws.items()).get('client#*')?.capabilities ?? '';
  await stub.find();
  serving.pool.onRun = (run) => run.answer('"short"');
  for (const [understands, bits] of [
    [['br', 'bits7'], 7],
    [['br'], undefined],
    [undefined, undefined],
  ] as const) {
    await stub.invoke({ id: newId(), head: { understands: understands && [...understands] } });
    expect(textOf(await stub.expect('result'))).toBe('"short"');
    expect(stub.headers.at(-1)?.bits).toBe(bits);
  }
});
