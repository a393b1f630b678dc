// Answers that API Gateway and function URLs refuse, on the built file: the terminal says what the caller gets, why, and that
// the invocation failed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Livectl, project, runLivectl } from './livectl-process.ts';

const stateHome = mkdtempSync(join(tmpdir(), 'livectl-state-'));
const env = { XDG_STATE_HOME: stateHome };
const streamed = { authorization_type: 'NONE', invoke_mode: 'RESPONSE_STREAM' };
let root: string;
let remove: () => void;
let livectl: Livectl;

beforeAll(async () => {
  const one = { handler: 'app.handler', runtime: 'nodejs20.x' };
  ({ remove, root } = project({
    'livectl.json': JSON.stringify({
      functions: {
        api: one,
        own: { ...one, triggers: { function_url: { authorization_type: 'NONE' } } },
        live: { ...one, handler: 'app.live', triggers: { function_url: streamed } },
      },
    }),
    'app.mjs': `export const handler = async (event) => JSON.parse(event.queryStringParameters?.answer ?? '{}');
export const live = awslambda.streamifyResponse(async (event, stream) => {
  stream = awslambda.HttpResponseStream.from(stream, JSON.parse(event.queryStringParameters.answer));
  if (event.queryStringParameters.write) stream.write('x');
  stream.end('x');
});`,
  }));
  livectl = new Livectl(['serve', '--local', '--root', root, '--port', '0', '--format', 'json'], { env });
  await livectl.event('ready');
});

afterAll(async () => {
  await livectl.dispose();
  remove();
  rmSync(stateHome, { recursive: true, force: true });
});

async function call(path: string, answer: object) {
  const query = new URLSearchParams({ answer: JSON.stringify(answer) });
  const response = await fetch(`${await livectl.url()}/${path}${path.includes('?') ? '&' : '?'}${query}`);
  await response.text();
  const results = () => livectl.events.filter((event) => event.event === 'result');
  const count = livectl.events.filter((event) => event.event === 'invoke').length;
  await livectl.until(() => results().length === count, 'result');
  return { status: response.status, result: results().at(-1) };
}

test.each([
  ['api', { statusCode: 200, body: { a: 1 } }, 500, 'body must be a string, not an object'],
  ['api', { statusCode: 'abc' }, 500, 'statusCode must be a whole number from 200 to 599, not "abc"'],
  ['api', { statusCode: 200, cookies: 'a=1' }, 500, 'cookies must be an array of strings'],
  ['_url/own/', { statusCode: 1000 }, 502, 'statusCode must be'],
  ['_url/own/', { statusCode: 200, headers: { 'a b': '1' } }, 502, 'is not a valid header name'],
  ['_url/live/?write=1', { statusCode: 200, headers: { a: ['1'] } }, 502, 'headers["a"] must be a string'],
  // As on Lambda, where end() alone sends no metadata.
  ['_url/live/', { statusCode: 200 }, 502, 'the streamed response ended before its metadata was complete'],
])('%s %j', async (path, answer, status, fault) => {
  const called = await call(path, answer);
  expect(called.status).toBe(status);
  expect(called.result).toMatchObject({
    ok: false,
    status,
    error: { name: 'LiveDebugAnswerError', message: expect.stringContaining(fault) },
  });
});

test('an accepted answer is not a failure', async () => {
  expect(await call('api', { statusCode: 201, body: 'x' })).toMatchObject({
    status: 201,
    result: { ok: true, status: 201 },
  });
});

test('invoke and trigger report the same and exit with 1', async () => {
  const event = join(root, 'event.json');
  writeFileSync(
    event,
    JSON.stringify({
      version: '2.0',
      requestContext: { http: { method: 'GET' }, domainName: 'a.execute-api.eu-west-1.amazonaws.com' },
      queryStringParameters: { answer: '{"statusCode":200,"body":7}' },
    }),
  );
  const fault = 'API Gateway refuses the answer and returns 500: body must be a string, not 7';
  const invoked = await runLivectl(['invoke', 'api', '--local', '--event', event], { env, cwd: root });
  expect(invoked.stdout).toBe('{"statusCode":200,"body":7}');
  expect(invoked.stderr).toContain(fault);
  expect(invoked.code).toBe(1);
  const json = await runLivectl(['invoke', 'api', '--local', '--event', event, '--format', 'json'], {
    env,
    cwd: root,
  });
  expect(JSON.parse(json.stdout)).toMatchObject({
    ok: false,
    http_error: { name: 'LiveDebugAnswerError', message: expect.stringContaining(fault) },
    invocation: { result: { ok: false, status: 500 } },
  });
  expect(json.code).toBe(1);
  const query = 'answer={"statusCode":200,"body":[]}';
  const triggered = await runLivectl(['trigger', 'function_url', 'own', '--local', '--query', query], {
    env,
    cwd: root,
  });
  expect(triggered.stdout).toContain(
    'the function URL refuses the answer and returns 502: body must be a string',
  );
  expect(triggered.code).toBe(1);
});

test('they count as failures at the end', async () => {
  expect(await livectl.stop()).toBe(0);
  const { failed, invocations } = await livectl.event('stopped');
  expect(failed).toBe(invocations - 1);
});
