// The wrapper script itself: which command it runs, what its own variables become, and what it does where something is missing.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { layerFolder } from './harness/instance.ts';
import { nothingThere, useInstances } from './harness/instances.ts';
import { RecordingRuntimeApi } from './harness/recording-runtime-api.ts';

const instances = useInstances();
const own = `${layerFolder}/live-debug-wrapper`;
const preloads = `--require ${own}/node-start.cjs --import ${own}/node.mjs`;

/** A program named so that shows how it was started, as the runtime or as the proxy. */
const shows = `#!/bin/sh
case $1 in
  */node-proxy.cjs) rm "$LIVE_DEBUG_CHANNEL"; echo "proxy $*|$NODE_OPTIONS|$LIVE_DEBUG_NODE_OPTIONS" ;;
  *) echo "$0 $*"; echo "$AWS_LAMBDA_EXEC_WRAPPER|$LIVE_DEBUG_EXEC_WRAPPER|$NODE_OPTIONS" ;;
esac
`;

async function run(words: readonly string[], environment: Record<string, string> = {}, layer = layerFolder) {
  const script = join(layer, 'live-debug');
  const env = { PATH: process.env.PATH, ...nothingThere, AWS_LAMBDA_EXEC_WRAPPER: script, ...environment };
  const { stdout } = await promisify(execFile)(script, words, { env });
  const lines = stdout.trimEnd().split('\n');
  // Of two processes: in any order.
  return [
    ...lines.filter((line) => !line.startsWith('proxy ')),
    ...lines.filter((line) => line.startsWith('proxy ')),
  ];
}

describe('live-debug', () => {
  it('gives node the preloads first, then what it was given, word by word', async () => {
    const root = instances.folder({ 'bin/node': shows });
    expect(await run([`${root}/bin/node`, '--expose-gc', 'a b.mjs'])).toEqual([
      `${root}/bin/node ${preloads} --expose-gc a b.mjs`,
      '||',
      `proxy ${own}/node-proxy.cjs||`,
    ]);
  });

  it('runs the function’s own wrapper script with the same command, under the name that Lambda gives it', async () => {
    const root = instances.folder({
      node: shows,
      vendor: '#!/bin/sh\necho "vendor $AWS_LAMBDA_EXEC_WRAPPER"; NODE_OPTIONS=--theirs exec "$@"\n',
    });
    const environment = { LIVE_DEBUG_EXEC_WRAPPER: `${root}/vendor`, NODE_OPTIONS: '--own' };
    expect(await run([`${root}/node`, 'index.mjs'], environment)).toEqual([
      `vendor ${root}/vendor`,
      `${root}/node ${preloads} index.mjs`,
      `${root}/vendor||--theirs`,
      `proxy ${own}/node-proxy.cjs||--own`,
    ]);
  });

  it.each([
    ['an interpreter that it does not know', 'ruby', {}, 'the interpreter is neither node nor python3'],
    ['no variables of ours', 'node', { LIVE_DEBUG_STAGE: '' }, 'LIVE_DEBUG_STAGE is not set'],
  ])('runs the command unchanged with %s, and logs why', async (_what, program, environment, why) => {
    const root = instances.folder({ [program]: shows });
    const [log = '', ...rest] = await run([`${root}/${program}`, 'x', 'y'], environment);
    expect(JSON.parse(log)).toEqual({ liveDebug: 'the function runs unwrapped', why });
    expect(rest).toEqual([`${root}/${program} x y`, '||']);
  });

  it('does so with files of the layer missing, the function’s own wrapper script included', async () => {
    const root = instances.folder({ node: shows, vendor: '#!/bin/sh\necho vendor; exec "$@"\n' });
    cpSync(join(layerFolder, 'live-debug'), join(root, 'live-debug'));
    const environment = { LIVE_DEBUG_EXEC_WRAPPER: `${root}/vendor` };
    const [log = '', ...rest] = await run([`${root}/node`, 'x'], environment, root);
    expect(JSON.parse(log)).toMatchObject({ why: 'the layer lacks node.mjs' });
    expect(rest).toEqual(['vendor', `${root}/node x`, `${root}/vendor||`]);
  });
});

describe('a function’s own wrapper script that leads its runtime elsewhere', () => {
  it('is passed by neither the proxy nor the runtime', async () => {
    const theirs = await new RecordingRuntimeApi().start();
    onTestFinished(() => theirs.close());
    const root = instances.folder({
      'app.js': 'exports.handler = async () => 1;',
      vendor: `#!/bin/sh\nexport AWS_LAMBDA_RUNTIME_API=${theirs.address}\nexec "$@"\n`,
    });
    const environment = { LIVE_DEBUG_EXEC_WRAPPER: `${root}/vendor` };
    const { api, instance } = await instances.start({ taskRoot: root, environment });
    expect((await theirs.invoke({ id: 'a', event: '{}' })).body.toString()).toBe('1');
    expect([api.nexts, instance.stderr]).toEqual([0, '']);
    // What the two processes know in common has no name any more.
    expect(existsSync(`/tmp/live-debug-${instance.child.pid}`)).toBe(false);
  });
});

describe('a layer with a broken file', () => {
  /** Starts a function that answers where its Runtime API is. */
  const started = (broken: string) => {
    const layer = instances.folder({
      'app.js': 'exports.handler = async () => process.env.AWS_LAMBDA_RUNTIME_API',
    });
    cpSync(layerFolder, layer, { recursive: true });
    writeFileSync(join(layer, 'live-debug-wrapper', broken), 'throw new Error("broken layer")');
    return instances.ready({ layer, taskRoot: layer });
  };

  it('leaves the runtime unwrapped if it is the proxy, and the log gives the reason', async () => {
    const { api, instance } = await started('node-proxy.cjs');
    const { body } = await api.invoke({ id: 'a', event: '{}' });
    expect(JSON.parse(body.toString())).toBe(api.address);
    expect(instance.ownLines).toContainEqual({
      liveDebug: 'the function runs unwrapped',
      why: 'the proxy ended before it listened',
    });
  });

  it('leaves every invocation to the deployed code if it is the relay part, and the log gives the reason', async () => {
    const { api, instance } = await started('node-relay.cjs');
    for (const id of ['a', 'b']) expect((await api.invoke({ id, event: '{}' })).path).toMatch(/response$/);
    const because = 'the relay part did not load';
    const line = { liveDebug: 'the deployed code answers', because, why: 'broken layer' };
    expect(instance.ownLines).toEqual([line]);
  });
});
