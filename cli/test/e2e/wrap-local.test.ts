// Wrapped functions in `serve --local`: the deployed code behind the layer's wrapper script, beside replaced functions.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Livectl, project, runLivectl } from './livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const settings = { runtime: 'nodejs20.x', timeout: 10, function_name: 'orders' };

interface Wrapped {
  readonly files: Record<string, string>;
  readonly functions: Record<string, object>;
}

function make({ files, functions }: Wrapped): string {
  const { remove, root } = project({ 'livectl.json': JSON.stringify({ functions }), ...files });
  cleanups.push(remove);
  return root;
}

function serve(root: string, ...flags: string[]): Livectl {
  const livectl = new Livectl([
    ...['serve', '--local', '--port', '0', '--format', 'json', '--root', root],
    ...flags,
  ]);
  cleanups.push(() => livectl.dispose());
  return livectl;
}

/** Standard output of `livectl invoke` beside a serve. */
async function invoke(livectl: Livectl, root: string, name: string, ...flags: string[]) {
  await livectl.event('ready');
  const env = { XDG_STATE_HOME: join(livectl.tempDir, 'state') };
  const ran = await runLivectl(['invoke', name, '--local', ...flags], { env, cwd: root });
  return { ...ran, all: `${ran.stdout}${ran.stderr}` };
}

const version = (text: string) => `console.log('loaded ${text}');
export const handler = async (event, context) => {
  console.log('ran ${text}');
  const { clientContext = null, functionName: name, invokedFunctionArn } = context;
  const { qualifier } = /:function:[^:]+(:(?<qualifier>.+))?$/.exec(invokedFunctionArn).groups;
  return { version: '${text}', event, context: clientContext, name, qualifier };
};
`;
const other = { handler: 'other.handler', runtime: 'nodejs20.x' };
const files = { 'orders.mjs': version('one'), 'other.mjs': 'export const handler = async () => "other";' };
const orders = { ...settings, handler: 'orders.handler', mode: 'wrap' };

describe('a wrapped function that is not served', () => {
  test('answers with its deployed code, which stays what it was', async () => {
    const root = make({ files, functions: { orders, other } });
    const livectl = serve(root, '--function', 'other');
    const ready = await livectl.event('ready');
    expect(ready.functions.map(({ name }) => name)).toEqual(['other']);
    expect(ready.not_served).toEqual([{ name: 'orders', url: `${ready.url}/orders` }]);
    const first = await invoke(livectl, root, 'orders', '--event', '{"id":7}');
    expect(JSON.parse(first.stdout)).toEqual({
      version: 'one',
      event: { id: 7 },
      context: null,
      name: 'orders',
    });
    const ran = ({ function: name, message }: { function: string; message: string }) =>
      name === 'orders' && message.includes('ran one');
    await livectl.event('deployed_log', ran);
    writeFileSync(join(root, 'orders.mjs'), version('two'));
    const again = await invoke(livectl, root, 'orders');
    expect(JSON.parse(again.stdout)).toMatchObject({ version: 'one' });
    expect((await invoke(livectl, root, 'other')).stdout).toBe('"other"');
    expect(await livectl.stop()).toBe(0);
    expect(livectl.leftBehind()).toEqual([]);
  });

  test('is built first where Lambda can’t run its sources, and finds its packages', async () => {
    const root = make({
      files: {
        ...files,
        'package.json': '{"type":"module"}',
        'node_modules/tea/package.json': '{"name":"tea","main":"index.cjs"}',
        'node_modules/tea/index.cjs': 'module.exports = "green";',
        'src/typed.ts': `import tea from 'tea';
          import { readFileSync } from 'node:fs';
          interface Order { id: number }
          export const handler = async ({ id }: Order): Promise<string> => \`\${id} \${tea} \${readFileSync('text.txt', 'utf8')}\`;`,
        'text.txt': 'a file of the package',
      },
      functions: { typed: { ...settings, handler: 'src/typed.handler', mode: 'wrap' }, other },
    });
    const livectl = serve(root, '--function', 'other');
    const { all, stdout } = await invoke(livectl, root, 'typed', '--event', '{"id":1}');
    expect(stdout, all).toBe('"1 green a file of the package"');
  });

  test('has its code from outside source_dir: a package of the workspace, shared files, a layer', async () => {
    const root = make({
      files: {
        ...files,
        'package.json': '{"type":"commonjs"}',
        'packages/typed/package.json': '{"name":"@acme/typed","main":"src/main.ts"}',
        'packages/typed/src/main.ts': 'export const handler = async (): Promise<string> => "typed";',
        'packages/plain/package.json': '{"name":"plain","type":"module","main":"main.js"}',
        'packages/plain/main.js': 'export const handler = async () => "plain";',
        'layers/vendor/vendor.mjs': 'export const handler = async () => "layer";',
        'app/orders.mjs': `import { rate } from '../shared/tax/rate.js';
          import text from './text.json' with { type: 'json' };
          export const handler = async () => \`\${rate} \${text}\`;`,
        'app/text.json': '"of the app"',
        'app/node_modules/.keep': '',
        'shared/package.json': '{"type":"module"}',
        'shared/tax/rate.js': `import tea from 'tea'; export const rate = \`shared \${tea}\`;`,
        'shared/node_modules/tea/package.json': '{"name":"tea","main":"index.cjs"}',
        'shared/node_modules/tea/index.cjs': 'module.exports = "tea";',
      },
      functions: Object.fromEntries([
        ...Object.entries({
          typed: { handler: '@acme/typed.handler' },
          plain: { handler: 'plain.handler' },
          shared: { handler: 'orders.handler' },
          layer: { handler: '/opt/vendor.handler', layer_dirs: ['layers/vendor'] },
        }).map(([name, one]) => [
          name,
          { ...settings, function_name: name, source_dir: 'app', mode: 'wrap', ...one },
        ]),
        ['other', other],
      ]),
    });
    mkdirSync(join(root, 'app/node_modules/@acme'));
    symlinkSync('../../../packages/typed', join(root, 'app/node_modules/@acme/typed'));
    symlinkSync('../../packages/plain', join(root, 'app/node_modules/plain'));
    const livectl = serve(root, '--function', 'other');
    const { not_served = [] } = await livectl.event('ready');
    const ask = async ({ url = '' }) => (await fetch(url, { signal: AbortSignal.timeout(25_000) })).text();
    expect(await Promise.all(not_served.map(ask))).toEqual([
      ...['typed', 'plain', 'shared tea of the app', 'layer'],
    ]);
  });

  test('fails as the deployed code fails', async () => {
    const root = make({
      files: {
        ...files,
        'throws.mjs': 'export const handler = async () => { throw new RangeError("too far"); };',
        'exits.mjs': 'export const handler = async () => process.exit(3);',
        'unloadable.mjs': 'throw new TypeError("not today");',
      },
      functions: {
        throws: { ...settings, function_name: 'throws', handler: 'throws.handler', mode: 'wrap' },
        exits: { ...settings, function_name: 'exits', handler: 'exits.handler', mode: 'wrap' },
        unloadable: { ...settings, function_name: 'unloadable', handler: 'unloadable.handler', mode: 'wrap' },
        other,
      },
    });
    const livectl = serve(root, '--function', 'other');
    const failed = async (name: string) => {
      const { all, code } = await invoke(livectl, root, name);
      expect(code).toBe(1);
      return all;
    };
    expect(await failed('throws')).toContain('RangeError: too far');
    expect(await failed('exits')).toContain('Runtime.ExitError');
    expect(await failed('unloadable')).toContain('TypeError: not today');
  });

  test('streams as the deployed code streams', async () => {
    const root = make({
      files: {
        ...files,
        'streams.mjs': `export const handler = awslambda.streamifyResponse(async (event, stream) => {
          const http = awslambda.HttpResponseStream.from(stream, { statusCode: 202, headers: { 'x-of': 'deployed' } });
          http.write('one, ');
          http.end('two');
        });`,
      },
      functions: {
        streams: {
          ...settings,
          handler: 'streams.handler',
          mode: 'wrap',
          triggers: { function_url: { authorization_type: 'NONE', invoke_mode: 'RESPONSE_STREAM' } },
        },
        other,
      },
    });
    const livectl = serve(root, '--function', 'other');
    const { not_served: [{ url = '' } = {}] = [] } = await livectl.event('ready');
    const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
    expect(await response.text()).toBe('one, two');
    expect([response.status, response.headers.get('x-of')]).toEqual([202, 'deployed']);
  });
});

describe('a wrapped function that is served', () => {
  const local = { files, functions: { orders: { ...orders, qualifier: 'live' }, other } };

  test('answers with local code, beside a replaced one; --deployed asks the deployed code', async () => {
    const root = make(local);
    const livectl = serve(root);
    const ready = await livectl.event('ready');
    expect(ready.functions.map(({ fallback, mode, name }) => ({ fallback, mode, name }))).toEqual([
      { name: 'orders', mode: 'wrap', fallback: { kind: 'deployed' } },
      { name: 'other', mode: 'replace', fallback: { kind: 'none' } },
    ]);
    writeFileSync(join(root, 'orders.mjs'), version('two'));
    await livectl.event('reload');
    const served = await invoke(livectl, root, 'orders', '--event', '{"id":7}');
    const answered = { version: 'two', name: 'orders', qualifier: 'live' };
    expect(JSON.parse(served.stdout)).toMatchObject({ ...answered, event: { id: 7 } });
    expect(served.stderr).toContain('ran two');
    // Its triggers name the alias as well.
    const [{ url = '' } = {}] = ready.functions;
    const triggered = await fetch(url, { signal: AbortSignal.timeout(20_000) });
    expect(await triggered.json()).toMatchObject(answered);
    const deployed = await invoke(livectl, root, 'orders', '--deployed', '--event', '{"id":8}');
    expect(JSON.parse(deployed.stdout)).toEqual({
      version: 'one',
      event: { id: 8 },
      // Nothing is left of what asked for it.
      context: null,
      name: 'orders',
      qualifier: 'live',
    });
    await livectl.event('deployed_log', ({ message }) => message.includes('ran one'));
    expect((await invoke(livectl, root, 'other')).stdout).toBe('"other"');
    const replaced = await invoke(livectl, root, 'other', '--deployed');
    expect(replaced).toMatchObject({ code: 2, stdout: '' });
    expect(replaced.stderr).toContain('other has no deployed code to run: the stub replaces it');
    expect(await livectl.stop()).toBe(0);
    expect(livectl.leftBehind()).toEqual([]);
  });

  test('streams and fails as local code does', async () => {
    const streamed = `export const handler = awslambda.streamifyResponse(async (event, stream) => {
      stream.setContentType('text/plain');
      if (event.rawQueryString === 'fail') throw new RangeError('too far');
      for (let i = 0; i < 3; i++) stream.write('x'.repeat(100_000));
      stream.end('local');
    });`;
    const triggers = { function_url: { authorization_type: 'NONE', invoke_mode: 'RESPONSE_STREAM' } };
    const root = make({
      files: { ...files, 'streams.mjs': 'export const handler = async () => "deployed";' },
      functions: { streams: { ...settings, handler: 'streams.handler', mode: 'wrap', triggers } },
    });
    const livectl = serve(root);
    const [{ url = '' } = {}] = (await livectl.event('ready')).functions;
    writeFileSync(join(root, 'streams.mjs'), streamed);
    await livectl.event('reload');
    const get = (query: string) => fetch(`${url}${query}`, { signal: AbortSignal.timeout(20_000) });
    const response = await get('');
    expect(response.headers.get('content-type')).toBe('text/plain');
    expect(await response.text()).toBe(`${'x'.repeat(300_000)}local`);
    expect((await get('?fail')).status).toBe(502);
    const failed = await livectl.event('result', ({ ok }) => !ok);
    expect(failed.error).toMatchObject({ name: 'RangeError', message: 'too far' });
  });

  test('loads its deployed code only when asked for it, where its init phase is lazy', async () => {
    const root = make({
      files: { ...files, 'orders.mjs': 'throw new TypeError("not today");' },
      functions: { orders: { ...orders, wrap_init: 'lazy' } },
    });
    const livectl = serve(root);
    await livectl.event('ready');
    writeFileSync(join(root, 'orders.mjs'), version('two'));
    await livectl.event('reload');
    expect(JSON.parse((await invoke(livectl, root, 'orders')).stdout)).toMatchObject({ version: 'two' });
    const deployed = await invoke(livectl, root, 'orders', '--deployed');
    expect(deployed.code).toBe(1);
    expect(deployed.all).toContain('not today');
  });
});
