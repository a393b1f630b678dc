// Lambda ends an instance by SIGTERM where an extension is registered: a client hears that nobody waits for it any more, and
// the function's own handlers do what they do unwrapped.
import { expect, it } from 'vitest';
import { answerAll, useWrappedWorld } from './harness/wrapped-world.ts';

const world = useWrappedWorld();

/** The wrapper has a handler beside the function's own while a client has an invocation. */
const looks = `
  const own = process.listenerCount('SIGTERM');
  const look = setInterval(() => {
    if (process.listenerCount('SIGTERM') === own) return;
    clearInterval(look);
    console.log('one more handler');
  }, 5);
  exports.handler = async () => 1;
`;

it.each([
  ['without handlers of its own', '', 'SIGTERM'],
  [
    'with a handler that ends it at once',
    "process.on('SIGTERM', () => { console.log('own handler'); process.exit(7); });",
    7,
  ],
])('a function %s ends as unwrapped, once the client knows', async (_what, code, how) => {
  const client = await world.serve();
  const { api, instance } = await world.wrapped({ taskRoot: world.folder({ 'app.js': code + looks }) });
  api.give({ id: 'a', event: '1', timeoutMs: 60_000 });
  await client.acknowledge(await client.next('invoke'));
  await instance.untilOutput('one more handler');
  instance.child.kill('SIGTERM');
  const { message } = await client.next('cancel');
  expect(message.head).toEqual({ reason: 'shutdown', code: 'LD_STOPPED' });
  expect(await instance.ended).toBe(how);
  expect(instance.stdout.includes('own handler')).toBe(code !== '');
  expect(client.received).toEqual([]);
});

it('a function without an invocation that a client has ends as unwrapped', async () => {
  answerAll(await world.serve(), () => '"local"');
  const { api, instance } = await world.wrapped();
  expect((await api.invoke({ id: 'a', event: '1' })).body.toString()).toBe('"local"');
  await api.until(() => api.isWaiting);
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
