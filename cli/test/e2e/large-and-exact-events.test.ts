// Events and answers over the real protocol, end to end on the built files: byte for byte, and as large as Lambda's.
import { createHash, randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { skipReason } from '../worker/python-interpreter.ts';
import { Livectl, project, repository, runLivectl } from './livectl-process.ts';

const stateHome = mkdtempSync(join(tmpdir(), 'livectl-state-'));
const env = { XDG_STATE_HOME: stateHome };
/** 6 MB, Lambda's limit for an event and for an answer. */
const limit = 6 * 1024 * 1024;

const manifest = {
  functions: {
    raw: {
      handler: 'none',
      runtime: 'provided.al2023',
      timeout: 60,
      command: [process.execPath, 'raw-echo-runtime.mjs'],
    },
    node: { handler: 'app.echo', runtime: 'nodejs20.x', timeout: 60 },
    binary: { handler: 'app.binary', runtime: 'nodejs20.x', timeout: 60, triggers: { http: {} } },
    python: { handler: 'app.add', runtime: 'python3.11', timeout: 60 },
  },
};
const code = `
export const echo = async (event) => event;
export const binary = async ({ body, headers, isBase64Encoded }) => ({
  statusCode: 200,
  headers: { 'content-type': 'application/octet-stream', 'x-encoded': String(isBase64Encoded) },
  isBase64Encoded: true,
  body,
});
`;
const python = `
def add(event, context):
    return {"sum": event["a"] + event["b"]}
`;

let root: string;
let remove: () => void;
let serve: Livectl;
let url = '';

beforeAll(async () => {
  const files = { 'livectl.json': JSON.stringify(manifest), 'app.mjs': code, 'app.py': python };
  ({ root, remove } = project(files));
  cpSync(join(repository, 'cli/test/handlers/raw-echo-runtime.mjs'), join(root, 'raw-echo-runtime.mjs'));
  serve = new Livectl(['serve', '--local', '--root', root, '--port', '0', '--format', 'json'], { env });
  url = (await serve.event('ready')).url ?? '';
});

afterAll(async () => {
  await serve.stop();
  await serve.dispose();
  remove();
  rmSync(stateHome, { recursive: true, force: true });
});

/** What `livectl invoke` prints for an event given as a file. */
async function invoke(name: string, event: string | Uint8Array): Promise<string> {
  const file = join(root, `event-${name}.json`);
  writeFileSync(file, event);
  const {
    code: exit,
    stderr,
    stdout,
  } = await runLivectl(['invoke', name, '--local', '--event', file], {
    env,
    cwd: root,
  });
  expect({ exit, stderr: exit === 0 ? '' : stderr }).toEqual({ exit: 0, stderr: '' });
  return stdout.replace(/\n$/, '');
}

const hash = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');

describe('a runtime that is not Node', () => {
  it.each([
    [
      'numbers beyond 2^53',
      '{"id":12345678901234567890,"price":0.1000000000000000055511151231257827,"one":1.0}',
    ],
    ['white space and the order of keys', '{ "2" : [ 1 ,2 ],\t"1":{ } }'],
    [
      'escapes and surrogate pairs',
      '{"a":"\\u00e9\\/\\ud83d\\ude00","b":"é😀","lone":"\\ud83d","nul":"\\u0000"}',
    ],
    ['a key of many lengths of text', JSON.stringify({ ['k'.repeat(70_000)]: 'ß'.repeat(70_000) })],
    ['a number alone', '12345678901234567890'],
    ['a string alone', '"\\u0041"'],
    ['null', 'null'],
    ['an empty object', '{}'],
  ])('gets %s byte for byte, and so does the caller', async (_kind, text) => {
    expect(await invoke('raw', text)).toBe(text);
  });

  it.skipIf(skipReason !== undefined)(
    'that is Python adds whole numbers that JavaScript would round',
    async () => {
      expect(await invoke('python', '{"a":9007199254740993,"b":12345678901234567890}')).toBe(
        '{"sum": 12354686100489308883}',
      );
    },
  );
});

describe('6 MB', () => {
  it.each([
    [
      'of noise',
      'raw',
      () =>
        JSON.stringify(
          randomBytes(limit)
            .toString('base64')
            .slice(0, limit - 2),
        ),
    ],
    [
      'of noise',
      'node',
      () =>
        JSON.stringify(
          randomBytes(limit)
            .toString('base64')
            .slice(0, limit - 2),
        ),
    ],
    ['of text in many scripts', 'node', () => JSON.stringify('é😀漢字'.repeat(limit / 12 - 10))],
  ])('%s go in and out through %s', async (_kind, name, make) => {
    const text = make();
    expect(Buffer.byteLength(text)).toBeGreaterThan(limit - 200);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
    const answer = await invoke(name, text);
    expect(hash(answer)).toBe(hash(text));
  });

  it('and one byte more is refused as Lambda refuses it', async () => {
    const file = join(root, 'too-large.json');
    writeFileSync(file, JSON.stringify('x'.repeat(limit - 1)));
    const { code: exit, stderr } = await runLivectl(['invoke', 'raw', '--local', '--event', file], {
      env,
      cwd: root,
    });
    expect(exit).toBeGreaterThan(0);
    expect(stderr).toContain('6291456');
  });
});

it('a binary body goes in and out over HTTP', async () => {
  const body = randomBytes(3 * 1024 * 1024);
  const response = await fetch(`${url}/binary`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body,
  });
  expect(response.headers.get('x-encoded')).toBe('true');
  expect(hash(new Uint8Array(await response.arrayBuffer()))).toBe(hash(body));
});
