// `serve --observe` against `livectl cloud`: wrapped functions in Node.js and Python, by HTTP and by a queue, of a stage that is served
// beside it, and of a production stage that may only be observed.
import { afterEach, expect, test } from 'vitest';
import type { ObservedInvoke } from '../../src/session/session-event.ts';
import { blocksOf } from '../docs/command-blocks.ts';
import { type CloudProcess, startCloudProcess } from './cloud-process.ts';
import { Livectl, project, runLivectl } from './livectl-process.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const common = {
  mode: 'wrap',
  timeout: 10,
  memory_size: 256,
  environment: { PASSWORD: 'hunter-2-hunter-2' },
};
const files = (words: string) => ({
  'api.mjs': `export const handler = async () => ({ statusCode: 201, body: ${JSON.stringify(words)} });`,
  'worker.py': `
def handler(event, context):
    if event["Records"][0]["body"] == "bad":
        raise ValueError("no such order")
    return ${JSON.stringify(words)}
`,
  'livectl.json': JSON.stringify({
    functions: {
      api: {
        ...common,
        handler: 'api.handler',
        runtime: 'nodejs20.x',
        triggers: { http: { path: '/orders' } },
      },
      worker: {
        ...common,
        handler: 'worker.handler',
        runtime: 'python3.12',
        triggers: { sqs: { batch_size: 1 } },
      },
    },
  }),
});

async function cloudOf(...flags: string[]): Promise<CloudProcess & { readonly root: string }> {
  const { remove, root } = project(files('deployed'));
  cleanups.push(remove);
  return { ...(await startCloudProcess(['--root', root, ...flags], { cleanups })), root };
}

function livectl(cloud: CloudProcess, ...args: string[]): Livectl {
  const started = new Livectl([...args, '--format', 'json'], { env: cloud.environment });
  cleanups.push(() => started.dispose());
  return started;
}

async function observed(
  of: Livectl,
  name: string,
  trigger: RegExp,
): Promise<ObservedInvoke & Record<string, unknown>> {
  const found = await of.event('invoke', (each) => each.function === name && trigger.test(each.trigger));
  return found as unknown as ObservedInvoke & Record<string, unknown>;
}

const send = (cloud: CloudProcess, stage: string, body: string) =>
  runLivectl(['trigger', 'sqs', 'worker', '--stage', stage, '--body', body, '--no-wait'], {
    env: cloud.environment,
  });

test('the deployed code’s answers in Node.js and Python, to requests and to messages, are copied', async () => {
  const cloud = await cloudOf();
  const watch = livectl(cloud, 'serve', '--stage', 'dev', '--observe', '--verbose');
  await watch.event('ready');
  const call = async () =>
    (await fetch(`${cloud.urlOf('api')}?n=1`, { signal: AbortSignal.timeout(20_000) })).text();
  expect(await call()).toBe('deployed');
  expect(await observed(watch, 'api', /^GET \/orders\?n=1$/)).toMatchObject({
    ...{ observed: true, answered_by: 'deployed', ok: true, status: 201 },
    result_text: '{"statusCode":201,"body":"deployed"}',
  });
  expect((await send(cloud, 'dev', 'tea')).code).toBe(0);
  const message = await observed(watch, 'worker', /^SQS /);
  expect(message).toMatchObject({
    observed: true,
    answered_by: 'deployed',
    ok: true,
    result_text: '"deployed"',
  });
  expect(JSON.parse(String(message.event_text))).toMatchObject({ Records: [{ body: 'tea' }] });
  expect(watch.stdout).not.toMatch(/hunter-2|AWS_SECRET|LIVE_DEBUG/);

  expect((await send(cloud, 'dev', 'bad')).code).toBe(0);
  const isBad = (each: object) => 'ok' in each && each.ok === false;
  const failed = (await watch.event('invoke', isBad)) as unknown as ObservedInvoke;
  expect(failed).toMatchObject({
    function: 'worker',
    error: { name: 'ValueError', message: 'no such order' },
  });

  // Somebody who serves answers, and nothing of that is copied.
  const { remove, root } = project(files('local'));
  cleanups.push(remove);
  const serve = livectl(cloud, 'serve', '--stage', 'dev', '--root', root, '--function', 'api');
  await serve.event('ready');
  const copies = () =>
    watch.events.filter((each) => 'observed' in each && JSON.stringify(each).includes('"api"'));
  expect(await call()).toBe('local');
  expect(await serve.stop()).toBe(0);
  expect(await call()).toBe('deployed');
  await watch.until(() => copies().length > 1, 'a second copy');
  expect(copies()).toHaveLength(2);
  expect(await watch.stop()).toBe(0);
}, 90_000);

test('of a production stage that may only be observed, nobody serves a thing', async () => {
  expect(blocksOf('docs/observe.md').flatMap(({ commands }) => commands)).toContain(
    'livectl serve --stage prod --observe --only header:x-debug=1',
  );
  const cloud = await cloudOf('--stage', 'prod', '--observe-only');
  const refused = livectl(cloud, 'serve', '--stage', 'prod', '--root', cloud.root);
  expect(await refused.exited).toBe(2);
  expect(refused.stdout).toContain('stage prod may only be observed');
  expect(refused.stdout).toContain('run livectl serve --stage prod --observe');

  const watch = livectl(cloud, 'serve', '--stage', 'prod', '--observe', '--only', 'header:x-debug=1');
  await watch.event('ready');
  const call = async (headers: Record<string, string>) =>
    (await fetch(cloud.urlOf('api'), { headers, signal: AbortSignal.timeout(20_000) })).text();
  expect(await call({})).toBe('deployed');
  expect(await call({ 'x-debug': '1' })).toBe('deployed');
  expect(await observed(watch, 'api', /^GET/)).toMatchObject({ observed: true, only: 'header:x-debug=1' });
  expect(watch.events.filter(({ event }) => event === 'invoke')).toHaveLength(1);

  const status = await runLivectl(['status', '--stage', 'prod', '--format', 'json'], {
    env: cloud.environment,
  });
  expect(JSON.parse(status.stdout)).toMatchObject({ observe_only: true });
  const words = await runLivectl(['status', '--stage', 'prod'], { env: cloud.environment });
  expect(words.stdout).toContain('it may only be observed');
}, 60_000);

test('a cloud that may only be observed refuses a function that nothing would answer for', async () => {
  const manifest = {
    functions: { api: { handler: 'api.handler', runtime: 'nodejs20.x', timeout: 3, memory_size: 128 } },
  };
  const { remove, root } = project({ ...files('x'), 'livectl.json': JSON.stringify(manifest) });
  cleanups.push(remove);
  const cloud = new Livectl(['cloud', '--root', root, '--port', '0', '--observe-only']);
  cleanups.push(() => cloud.dispose());
  expect(await cloud.exited).toBe(2);
  expect(cloud.stderr + cloud.stdout).toContain('--observe-only: nothing would answer for api');
});
