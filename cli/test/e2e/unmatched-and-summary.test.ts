// A request that no route matches is shown, and the end says what was served.
import { realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Livectl, project } from './livectl-process.ts';

let root: string;
let remove: () => void;
let livectl: Livectl;

beforeEach(() => {
  const hello = { handler: 'f.handler', runtime: 'nodejs22.x', triggers: { http: { path: '/hello' } } };
  ({ remove, root } = project({
    'livectl.json': JSON.stringify({ functions: { hello } }),
    'f.mjs':
      'export const handler = async (event) => { if (event.rawQueryString) throw new Error("no"); return 1; };',
  }));
});

afterEach(async () => {
  await livectl.dispose();
  remove();
});

test('as events', async () => {
  livectl = new Livectl(['serve', '--local', '--port', '0', '--root', root, '--format', 'json']);
  const url = await livectl.url();
  // The query may have a secret.
  expect((await fetch(`${url}/helo?token=secret`)).status).toBe(404);
  expect((await fetch(`${url}/favicon.ico`)).status).toBe(404);
  expect(await livectl.event('unmatched')).toEqual({
    ...{ event: 'unmatched', method: 'GET', path: '/helo', status: 404, did_you_mean: '/hello' },
  });
  expect((await fetch(`${url}/hello`)).status).toBe(200);
  expect((await fetch(`${url}/hello?fail`)).status).toBe(500);
  expect(await livectl.stop()).toBe(0);
  const [summary, stopped] = livectl.events.slice(-2);
  expect(summary).toEqual({
    ...{ event: 'summary', served_ms: expect.any(Number), invocations: 2, failed: 1 },
    functions: [
      {
        ...{ name: 'hello', invocations: 2, failed: 1 },
        ...{ p50_ms: expect.any(Number), max_ms: expect.any(Number) },
      },
    ],
    recordings: join(realpathSync(root), '.livectl', 'recordings'),
  });
  expect(stopped).toMatchObject({ event: 'stopped', invocations: 2, failed: 1 });
  expect(livectl.events.filter(({ event }) => event === 'unmatched')).toHaveLength(1);
  expect(livectl.stdout).not.toContain('secret');
});

test('the end counts what was served before livectl.json was saved', async () => {
  livectl = new Livectl(['serve', '--local', '--port', '0', '--root', root, '--format', 'json']);
  const readies = () => livectl.events.flatMap((each) => (each.event === 'ready' ? [each.url] : []));
  expect((await fetch(`${await livectl.url()}/hello`)).status).toBe(200);
  await livectl.event('result');
  const more = { handler: 'f.handler', runtime: 'nodejs22.x', triggers: { http: { path: '/more' } } };
  writeFileSync(join(root, 'livectl.json'), JSON.stringify({ functions: { more } }));
  await livectl.until(() => readies().length === 2, 'the new manifest');
  expect((await fetch(`${readies()[1]}/more`)).status).toBe(200);
  await livectl.event('result', (each) => each.function === 'more');
  expect(await livectl.stop()).toBe(0);
  const ends = livectl.events.filter(({ event }) => event === 'summary' || event === 'stopped');
  expect(ends).toEqual([
    expect.objectContaining({ event: 'summary', invocations: 2 }),
    expect.objectContaining({ event: 'stopped', invocations: 2 }),
  ]);
});

test('for a person', async () => {
  livectl = new Livectl(['serve', '--local', '--port', '0', '--root', root, '--no-record', '--timestamps']);
  await livectl.until(() => livectl.stdout.includes('Press Ctrl-C'), 'ready');
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+(?=\/hello)/.exec(livectl.stdout) ?? [];
  await fetch(`${url}/helo`);
  await livectl.until(() => livectl.stdout.includes('GET /helo'), 'the request');
  expect(livectl.stdout).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} ! 404 GET \/helo: no route matches; did you mean \/hello\?$/m,
  );
  await fetch(`${url}/hello`);
  expect(await livectl.stop()).toBe(0);
  expect(livectl.stdout).toMatch(
    / · served 1 invocation in \d+ s\n +hello +1 {2}p50 \d.*, max \d.* ms\n.* · stopped/,
  );
});
