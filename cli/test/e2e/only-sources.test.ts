// `serve --only` and what each source brings, published through AWS's APIs to the local cloud: what matches runs here, everything
// else in the deployed code of the wrapped function.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Livectl, project, runLivectl } from './livectl-process.ts';

const triggers = {
  api: { http: { method: 'ANY' } },
  topic: { sns: {} },
  queue: { sqs: {} },
  bus: { eventbridge: { event_pattern: '{"source":["shop"],"detail-type":["Placed"]}' } },
  bucket: { s3: {} },
  table: { dynamodb: { starting_position: 'TRIM_HORIZON' } },
  stream: { kinesis: { starting_position: 'TRIM_HORIZON' } },
};

let root: string;
let remove: () => void;
let serve: Livectl;

beforeAll(async () => {
  const functions = Object.fromEntries(
    Object.entries(triggers).map(([name, sources]) => [
      name,
      { handler: 'app.handler', runtime: 'nodejs20.x', mode: 'wrap', triggers: sources },
    ]),
  );
  ({ remove, root } = project({
    'livectl.json': JSON.stringify({ functions }),
    'app.mjs': `export const handler = async (event) => { console.log('took ' + JSON.stringify(event)); };`,
  }));
  const only = ['path:/tom*', 'attribute:dev=tom', 'detail:owner=tom'];
  const args = ['serve', '--local', '--root', root, '--port', '0', '--format', 'json'];
  serve = new Livectl([...args, ...only.flatMap((each) => ['--only', each])]);
  expect((await serve.event('ready')).only).toEqual(only);
});

afterAll(async () => {
  await serve.dispose();
  remove();
});

test.each<[name: string, only: string, matching: string[], other: string[]]>([
  ['api', 'detail:owner=tom', ['--body', '{"owner":"tom"}'], ['--body', '{"owner":"ann"}']],
  ['topic', 'attribute:dev=tom', ['--message', 'a', '--attribute', 'dev=tom'], ['--message', 'tom']],
  ['queue', 'attribute:dev=tom', ['--body', 'a', '--attribute', 'dev=tom'], ['--body', 'tom']],
  ['bus', 'detail:owner=tom', ['--detail', '{"owner":"tom"}'], ['--detail', '{"by":"tom"}']],
  ['bucket', 'path:/tom*', ['--key', 'tom/a b', '--text', 'x'], ['--key', 'a/tom', '--text', 'x']],
  ['table', 'attribute:dev=tom', ['--item', '{"id":"1","dev":"tom"}'], ['--item', '{"id":"tom"}']],
  ['stream', 'detail:owner=tom', ['--data', '{"owner":"tom"}'], ['--data', 'owner: tom']],
])('%s: %s', async (name, only, matching, other) => {
  const env = { XDG_STATE_HOME: join(serve.tempDir, 'state') };
  const publish = async (flags: string[]) => {
    const ran = await runLivectl(['trigger', name, ...flags, '--local', '--no-wait'], { env, cwd: root });
    expect(ran.code, ran.stderr).toBe(0);
  };
  await publish(other);
  await serve.event('deployed_log', (each) => each.function === name && each.message.includes('took '));
  await publish(matching);
  const invoke = await serve.event('invoke', (each) => each.function === name);
  expect(invoke.only).toBe(only);
  expect((await serve.event('result', ({ id }) => id === invoke.id)).ok).toBe(true);
});
