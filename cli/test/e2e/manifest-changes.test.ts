// livectl.json saved while `serve --local` runs, as the built program.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../src/session/session-event.ts';
import { type JsRuntime, Livectl, project } from './livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const entry = (name: string, more: object = {}) => ({
  handler: `${name}.handler`,
  runtime: 'nodejs22.x',
  triggers: { http: { path: `/${name}` } },
  ...more,
});
const textOf = (functions: object) => JSON.stringify({ functions });

type ReadyEvent = Extract<SessionEvent, { event: 'ready' }>;

function serve(runtime: JsRuntime, functions: object = { one: entry('one') }, ...flags: string[]) {
  const source = `export const handler = async () => process.env.LEVEL ?? 'none';`;
  const { remove, root } = project({
    'livectl.json': textOf(functions),
    'one.mjs': source,
    'two.mjs': source,
    'keys.mjs': `const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken, AWS_ENDPOINT_URL: endpoint } = process.env;
      export const handler = async () => ({ endpoint, credentials: { accessKeyId, secretAccessKey, sessionToken } });`,
    'slow.mjs': `export const handler = async () => { console.log('began'); await new Promise((done) => setTimeout(done, 1500)); return 'slow'; };`,
  });
  cleanups.push(remove);
  const args = ['serve', '--local', '--port', '0', '--format', 'json', '--root', root, ...flags];
  const livectl = new Livectl(args, { runtime });
  cleanups.push(() => livectl.dispose());
  /** Resolves once what was saved is served, or refused, which `event` names. */
  const saved = async (text: string, event: 'ready' | 'error') => {
    const count = () => livectl.events.filter((each) => each.event === event).length;
    const before = count();
    // As editors save.
    writeFileSync(join(root, 'livectl.json.new'), text);
    renameSync(join(root, 'livectl.json.new'), join(root, 'livectl.json'));
    await livectl.until(() => count() > before, event);
  };
  const call = async (url: string, path: string) => {
    const response = await fetch(url + path, { signal: AbortSignal.timeout(20_000) });
    return `${response.status} ${await response.text()}`;
  };
  return { livectl, root, saved, call };
}

describe.each(['node', 'deno'] as const)('%s', (runtime) => {
  it('new, changed and removed functions count at once; the port stays; mistakes are reported once and change nothing', async () => {
    const { call, livectl, saved } = serve(runtime);
    const url = await livectl.url();
    expect(await call(url, '/one')).toBe('200 none');

    await saved(
      textOf({ one: entry('one', { environment: { LEVEL: 'debug' } }), two: entry('two') }),
      'ready',
    );
    expect(livectl.events.findLast(({ event }) => event === 'manifest')).toMatchObject({
      added: ['two'],
      changed: ['one'],
      removed: [],
    });
    expect([await call(url, '/one'), await call(url, '/two')]).toEqual(['200 debug', '200 none']);

    await saved('{ "functions": { "one": ', 'error');
    await saved(JSON.stringify({ functions: { one: entry('one') }, redct: [] }), 'error');
    expect([await call(url, '/one'), await call(url, '/two')]).toEqual(['200 debug', '200 none']);

    await saved(textOf({ two: entry('two') }), 'ready');
    expect(await call(url, '/one')).toContain('404');
    expect(await call(url, '/two')).toBe('200 none');

    expect(await livectl.stop()).toBe(0);
    expect(livectl.events.filter(({ event }) => event === 'stopped')).toHaveLength(1);
    const errors = livectl.events.flatMap((event) => (event.event === 'error' ? [event.message] : []));
    expect(errors).toHaveLength(2);
    expect(errors[1]).toContain('redct: is not known here');
    for (const message of errors) expect(message).toContain('The last good livectl.json is served on.');
    expect(livectl.leftBehind()).toEqual([]);
  });
});

it('a function with invalid settings answers with them, the others are served; at the start and when it is saved', async () => {
  const bad = entry('one', { timeout: 9999, timeot: 1 });
  // What only the local cloud can judge.
  const pattern = { event_pattern: '{"source":[{"bogus":1}]}' };
  const other = entry('two', { triggers: { http: { path: '/other' }, eventbridge: pattern } });
  const mistakes = [
    expect.stringMatching(/^functions\.one\.timeout: 9999 is more than 900/),
    expect.stringMatching(/^functions\.one\.timeot: is not known here/),
  ];
  const { call, livectl, saved } = serve('node', { one: bad, two: entry('two') });
  const url = await livectl.url();
  const isListed = () => {
    const { functions } = livectl.events.findLast(({ event }) => event === 'ready') as ReadyEvent;
    expect(functions.find(({ name }) => name === 'one')).toMatchObject({ mistakes });
    expect(functions.find(({ name }) => name === 'two')).not.toHaveProperty('mistakes');
  };
  isListed();
  expect(await call(url, '/two')).toBe('200 none');
  expect(await call(url, '/one')).toMatch(/^5\d\d /);
  const failed = await livectl.event('result', (event) => event.function === 'one');
  const { message } = failed.error ?? { message: '' };
  expect(message).toContain('functions.one.timeout: 9999 is more than 900');
  expect(message).toContain('functions.one.timeot');

  await saved(textOf({ one: entry('one'), two: entry('two') }), 'ready');
  expect(await call(url, '/one')).toBe('200 none');
  await saved(textOf({ one: bad, two: entry('two'), other }), 'ready');
  isListed();
  expect(await call(url, '/two')).toBe('200 none');
  expect(await call(url, '/other')).toMatch(/^5\d\d /);
  const refused = await livectl.event('result', (event) => event.function === 'other');
  expect(refused.error?.message).toContain(
    'functions.other.triggers.eventbridge: event_pattern is not a valid event pattern: source "bogus"',
  );
  expect(await call(url, '/one')).toMatch(/^5\d\d /);
  expect(await livectl.stop()).toBe(0);
});

it('messages and objects of the local cloud outlive a save, for the same programs with the same keys', async () => {
  const work = entry('one', { triggers: { sqs: { batch_size: 10, maximum_batching_window_in_seconds: 3 } } });
  const functions = { keys: entry('keys'), work, store: entry('one', { triggers: { s3: {} } }) };
  const { call, livectl, saved } = serve('node', functions);
  const url = await livectl.url();
  const [, given = ''] = /^200 (.*)$/.exec(await call(url, '/keys')) ?? [];
  const client = { region: 'us-east-1', ...JSON.parse(given) };
  const sqs = new SQSClient(client);
  const s3 = new S3Client({ ...client, forcePathStyle: true });
  cleanups.push(() => {
    sqs.destroy();
    s3.destroy();
  });
  const bucket = { Bucket: 'live-debug-local-store', Key: 'k' };
  await s3.send(new PutObjectCommand({ ...bucket, Body: 'content' }));
  const QueueUrl = `${client.endpoint}/000000000000/live-debug-local-work`;
  // It waits for a full batch, in vain.
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'm' }));

  await saved(textOf({ ...functions, keys: entry('keys', { environment: { LEVEL: 'x' } }) }), 'ready');
  const kept = await s3.send(new GetObjectCommand(bucket));
  expect(await kept.Body?.transformToString()).toBe('content');
  const result = await livectl.event('result', (event) => event.function === 'work');
  expect(result.ok).toBe(true);
  expect(
    livectl.events.filter((event) => event.event === 'result' && event.function === 'work'),
  ).toHaveLength(1);
  expect(await livectl.stop()).toBe(0);
});

it('an invocation in flight ends as it began', async () => {
  const { call, livectl, saved } = serve('node');
  await saved(textOf({ slow: entry('slow') }), 'ready');
  const url = await livectl.url();
  const answer = call(url, '/slow');
  await livectl.event('log', ({ message }) => message === 'began');
  await saved(textOf({ slow: entry('slow', { timeout: 7 }) }), 'ready');
  expect(await answer).toBe('200 slow');
});

it('a function that a flag names cannot be removed: an error, and the last good one is served on', async () => {
  const { call, livectl, saved } = serve('node', { one: entry('one') }, '--env', 'one:LEVEL=flag');
  const url = await livectl.url();
  await saved(textOf({ two: entry('two') }), 'error');
  expect(await call(url, '/one')).toBe('200 flag');
  const error = livectl.events.find(({ event }) => event === 'error');
  expect(error).toMatchObject({
    message: '--env one: no function of that name is served. The last good livectl.json is served on.',
  });
  await saved(textOf({ one: entry('one'), two: entry('two') }), 'ready');
  expect(await call(url, '/two')).toBe('200 none');
});
