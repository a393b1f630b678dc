// Lambda ends an instance by SIGTERM where an extension is registered: a client hears that nobody waits for it any more, and
// the function's own handlers do what they do unwrapped.
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { expect, it } from 'vitest';
import type { Started } from './harness/instances.ts';
import { answerAll, useWrappedWorld } from './harness/wrapped-world.ts';

const world = useWrappedWorld();

/** Whether the process has a handler of SIGTERM. */
function handles({ instance }: Started): boolean {
  const status = readFileSync(`/proc/${instance.child.pid}/status`, 'utf8');
  const caught = BigInt(`0x${/^SigCgt:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return ((caught >> BigInt(constants.signals.SIGTERM - 1)) & 1n) === 1n;
}

/** The main thread has been told that a client has an invocation, or that none has. */
async function untilHandles(started: Started, is: boolean): Promise<void> {
  while (handles(started) !== is) await new Promise((resolve) => setImmediate(resolve));
}

const ownHandler = `
  process.on('SIGTERM', () => { console.log('own handler'); process.exit(7); });
  exports.handler = async () => 1;
`;

it.each([
  ['without handlers of its own', undefined, 'SIGTERM'],
  ['with a handler that ends it at once', ownHandler, 7],
])('a function %s ends as unwrapped, once the client knows', async (_what, code, how) => {
  const client = await world.serve();
  const taskRoot = code === undefined ? {} : { taskRoot: world.folder({ 'app.js': code }) };
  const started = await world.wrapped(taskRoot);
  const { api, instance } = started;
  api.give({ id: 'a', event: '1', timeoutMs: 60_000 });
  await client.acknowledge(await client.next('invoke'));
  await untilHandles(started, true);
  instance.child.kill('SIGTERM');
  const { message } = await client.next('cancel');
  expect(message.head).toEqual({ reason: 'shutdown', code: 'LD_STOPPED' });
  expect(await instance.ended).toBe(how);
  expect(instance.stdout.includes('own handler')).toBe(code !== undefined);
  expect(client.received.map((one) => one.message.type)).toEqual([]);
});

it('a function without an invocation that a client has ends as unwrapped', async () => {
  answerAll(await world.serve(), () => '"local"');
  const started = await world.wrapped();
  const { api, instance } = started;
  expect((await api.invoke({ id: 'a', event: '1' })).body.toString()).toBe('"local"');
  await api.until(() => api.isWaiting);
  await untilHandles(started, false);
  instance.child.kill('SIGTERM');
  expect(await instance.ended).toBe('SIGTERM');
});

it('a function whose time is up is ended by Lambda with all of the wrapper, and another instance starts fresh', async () => {
  const taskRoot = world.folder({
    'app.js': `exports.handler = async (event) => { console.log('began'); if (event === 1) await new Promise(() => setInterval(() => {}, 1000)); return event; };`,
  });
  const { api, instance } = await world.wrapped({ taskRoot });
  api.give({ id: 'a', event: '1', timeoutMs: 1 });
  await instance.untilOutput('began');
  instance.child.kill('SIGKILL');
  expect(await instance.ended).toBe('SIGKILL');
  expect([api.requests, api.isWaiting]).toEqual([[], false]);
  const next = await world.wrapped({ taskRoot });
  expect((await next.api.invoke({ id: 'b', event: '2' })).body.toString()).toBe('2');
});
