// What web pages and other users of the machine get from a running `serve --local`: no event, no answer, no run.
import { request } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { canBeAnotherUser, sentByAnotherUser } from '../loopback/other-user.ts';
import { type JsRuntime, Livectl, project } from './livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Speaks the Runtime API itself; answers with where that is. */
const program = `
const { get, request } = require('node:http');
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const base = { host, port, agent: false };
(function next() {
  get({ ...base, path: '/2018-06-01/runtime/invocation/next' }, (response) => {
    if (response.statusCode !== 200) process.exit(7);
    const id = response.headers['lambda-runtime-aws-request-id'];
    response.resume().on('end', () => {
      const path = '/2018-06-01/runtime/invocation/' + id + '/response';
      request({ ...base, method: 'POST', path }, (answer) => answer.resume().on('end', next)).end(
        JSON.stringify({ statusCode: 200, body: host + ':' + port }),
      );
    });
  });
})();`;

const functions = {
  prog: { runtime: 'provided.al2023', handler: 'x', command: ['node', 'program.js'], triggers: { http: {} } },
  api: {
    runtime: 'nodejs22.x',
    handler: 'api.handler',
    triggers: { http: { path: '/api', cors: { allow_origins: ['https://app.example'] } } },
  },
  open: {
    runtime: 'nodejs22.x',
    handler: 'api.handler',
    triggers: { function_url: { authorization_type: 'NONE' } },
  },
  closed: { runtime: 'nodejs22.x', handler: 'api.handler', triggers: { function_url: {} } },
};

async function serve(runtime: JsRuntime): Promise<{ livectl: Livectl; port: number }> {
  const { root, remove } = project({
    'livectl.json': JSON.stringify({ functions }),
    'program.js': program,
    'api.mjs': 'export const handler = async () => "ran";',
  });
  cleanups.push(remove);
  const args = ['serve', '--local', '--port', '0', '--format', 'json', '--root', root];
  const livectl = new Livectl(args, { runtime });
  cleanups.push(() => livectl.dispose());
  return { livectl, port: Number(new URL(await livectl.url()).port) };
}

function call(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

const image = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' };
const next = '/2018-06-01/runtime/invocation/next';

describe.each<JsRuntime>(['node', 'deno'])('serve --local under %s', (runtime) => {
  test('keeps strangers from a program’s events and from functions without a signature', async () => {
    const { livectl, port } = await serve(runtime);
    const first = await call(port, 'GET', '/prog');
    expect(first.status).toBe(200);
    const apiPort = Number(first.body.split(':')[1]);

    // The events of a program.
    expect((await call(apiPort, 'GET', next, image)).status).toBe(403);
    expect((await call(apiPort, 'GET', next, { host: `rebound.example:${apiPort}` })).status).toBe(403);

    // Functions, by their URLs and the HTTP API.
    const places = ['/api', '/_url/open/', '/_url/closed/'];
    for (const path of places) {
      expect((await call(port, 'POST', path, { origin: 'https://evil.example' })).status).toBe(403);
      expect((await call(port, 'GET', path, image)).status).toBe(403);
      const frontEnd = { origin: 'http://localhost:5173', 'sec-fetch-site': 'same-site' };
      expect(await call(port, 'POST', path, frontEnd)).toEqual({ status: 200, body: 'ran' });
    }
    expect((await call(port, 'POST', '/api', { origin: 'https://app.example' })).status).toBe(200);

    if (canBeAnotherUser) {
      const get = (to: number, path: string) =>
        sentByAnotherUser(to, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${to}\r\n\r\n`);
      for (const path of places) expect(await get(port, path)).toMatch(/^HTTP\/1\.1 403 /);
      expect(await get(apiPort, next)).toMatch(/^HTTP\/1\.1 403 /);
      const told = ({ message }: { message: string }) => message.includes('another user of this machine');
      expect((await livectl.event('notice', told)).message).toContain('--allow-other-users');
    }

    // The program has noticed nothing, and nobody else's call has run anything.
    expect((await call(port, 'GET', '/prog')).body).toBe(first.body);
    const told = ({ message }: { message: string }) => message.includes('https://evil.example');
    expect((await livectl.event('notice', told)).message).toContain('allow_origins');
    expect(await livectl.stop()).toBe(0);
    expect(await livectl.event('stopped')).toMatchObject({ invocations: 6, failed: 0 });
  });
});
