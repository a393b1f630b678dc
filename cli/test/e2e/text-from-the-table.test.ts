// What others wrote into a stage's table, shown by the built file: never a control character, never a crash.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Livectl } from './livectl-process.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the matter
const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]|\p{Bidi_Control}/u;
const bad = 'a\u001b[2J\u001b]0;t\u0007\u009b1A\r\u202eb\u2066\u2028\u200f\u061c\u007f';

/** Answers for DynamoDB: items by operation. */
let answers: Readonly<Record<string, unknown>> = {};
const table = createServer((request, response) => {
  request.resume();
  const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(answers[operation] ?? {}));
});

beforeAll(async () => {
  await once(table.listen(0, '127.0.0.1'), 'listening');
});

afterAll(() => {
  table.close();
});

async function run(...args: string[]): Promise<Livectl & { readonly code: number | string }> {
  const livectl = new Livectl([...args, '--stage', 'dev'], {
    env: {
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(table.address() as AddressInfo).port}`,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    },
  });
  const code = await livectl.exited;
  await livectl.dispose();
  return Object.assign(livectl, { code });
}

function manifest(
  changes: Readonly<Record<string, unknown>> = {},
  hello: Readonly<Record<string, unknown>> = {},
) {
  const entry = { function_name: bad, handler: 'a.b', runtime: 'nodejs22.x', timeout: 5, memory_size: 128 };
  const document = {
    version: 1,
    // Nothing listens there.
    relay: { url: `ws://127.0.0.1:9/${encodeURIComponent(bad)}` },
    functions: { [bad]: { ...entry, ...hello } },
    ...changes,
  };
  return { Item: { document: { S: JSON.stringify(document) } } };
}

function client(changes: Readonly<Record<string, unknown>> = {}) {
  const names = ['stage', 'connectionId', 'publicKey', 'session', 'user', 'host', 'caller', 'version'];
  const texts = Object.fromEntries(names.map((name) => [name, { S: bad }]));
  const times = { since: { N: '1' }, leaseUntil: { N: '9'.repeat(15) }, expiresAt: { N: '1' } };
  return { item: { S: `client#${bad}` }, ...texts, ...times, ...changes };
}

test('status shows names from elsewhere without their control characters, as lines and as JSON', async () => {
  answers = { GetItem: manifest(), Query: { Items: [client()] } };
  const lines = await run('status');
  expect(lines.stderr).toBe('');
  expect(lines.stdout).not.toMatch(obeyed);
  expect(lines.stdout).toContain('a␛[2J␛]0;t␇\\u009b1A␊\\u202eb');
  const json = await run('status', '--format', 'json');
  expect(json.stdout).not.toMatch(obeyed);
  expect(JSON.parse(json.stdout)).toMatchObject({ functions: [bad], clients: [{ user: bad, host: bad }] });
}, 20_000);

test('status skips a client whose times are invalid', async () => {
  answers = { GetItem: manifest(), Query: { Items: [client({ since: { N: '9'.repeat(30) } })] } };
  const { code, stderr, stdout } = await run('status');
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(stdout).toContain('served by  nobody');
}, 20_000);

test('a manifest item without its document is one clear error', async () => {
  answers = { GetItem: { Item: { version: { N: '1' } } } };
  const { code, events } = await run('status', '--format', 'json');
  expect(code).toBe(2);
  const message = expect.stringContaining('has no attribute "document" of type S');
  expect(events).toEqual([expect.objectContaining({ event: 'error', code: 'LD_STAGE', message })]);
}, 20_000);
