// Who may watch a running `serve`, and what they see.
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControlServer, startControlServer } from '../../src/control/control-server.ts';
import type { SessionEvent } from '../../src/session/session-event.ts';

let control: ControlServer;

beforeEach(async () => {
  control = await startControlServer();
});

afterEach(() => control.close());

function ask(
  headers: Record<string, string>,
  path = '/events',
  method = 'GET',
): Promise<{ status: number | undefined; body: () => Promise<string>; destroy: () => void }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(path, control.url), { headers, method }, (response) => {
      const body = () => text(response);
      resolve({ status: response.statusCode, body, destroy: () => response.destroy() });
    });
    outgoing.on('error', reject).end();
  });
}

const notice = (message: string): SessionEvent => ({ event: 'notice', message });

test('sends all later events to a holder of the token, one per line', async () => {
  control.publish(notice('before'));
  const watcher = await ask({ authorization: `Bearer ${control.token}` });
  expect(watcher.status).toBe(200);
  control.publish(notice('one\u2028line'));
  control.publish(notice('two'));
  const body = watcher.body();
  await control.close();
  expect(await body).toBe(
    '{"event":"notice","message":"one\\u2028line"}\n{"event":"notice","message":"two"}\n',
  );
});

test.each([
  ['no token', {}, 401],
  ['a wrong token', { authorization: 'Bearer x' }, 401],
  ['a web page', { origin: 'https://evil.example' }, 403],
  ['a name that points here', { host: 'evil.example' }, 403],
])('refuses %s', async (_who, headers: Record<string, string>, status) => {
  const token: Record<string, string> = status === 403 ? { authorization: `Bearer ${control.token}` } : {};
  const answer = await ask({ ...token, ...headers });
  expect(answer.status).toBe(status);
  expect(await answer.body()).toBe('');
});

test('has a single path, to be read', async () => {
  const headers = { authorization: `Bearer ${control.token}` };
  expect((await ask(headers, '/')).status).toBe(404);
  expect((await ask(headers, '/events', 'POST')).status).toBe(405);
});

test('disconnects a watcher that does not read', async () => {
  const watcher = await ask({ authorization: `Bearer ${control.token}` });
  const megabyte = 'x'.repeat(1024 * 1024);
  // Enough for its buffer of 8 MB and whatever the sockets hold.
  for (let count = 0; count < 40; count++) control.publish(notice(megabyte));
  await expect(watcher.body()).rejects.toThrow(/aborted/);
});
