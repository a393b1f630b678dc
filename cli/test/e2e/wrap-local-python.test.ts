// Wrapped Python functions in `serve --local`: the deployed code behind the layer's wrapper script, and the stub beside it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Livectl, project, runLivectl } from './livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const settings = { runtime: 'python3.12', timeout: 10, function_name: 'orders' };
const orders = { ...settings, handler: 'orders.handler', mode: 'wrap', environment: { GREETING: 'hällo' } };
const other = { handler: 'other.handler', runtime: 'python3.12' };

const version = (text: string) => `import os
print("loaded ${text}")

def handler(event, context):
    if event == "fail": raise KeyError("${text}")
    if event == "exit": os._exit(3)
    print("ran ${text}")
    given = context.client_context
    return {
        "version": "${text}", "event": event, "name": context.function_name, "greeting": os.environ["GREETING"],
        "ours": [name for name in os.environ if name.startswith("LIVE_DEBUG")],
        "context": None if given is None else given.custom,
    }
`;

async function serve(functions: Record<string, object>, ...flags: string[]) {
  const { remove, root } = project({
    'livectl.json': JSON.stringify({ functions }),
    'orders.py': version('one'),
    'other.py': 'def handler(event, context): return "other"',
  });
  cleanups.push(remove);
  const livectl = new Livectl([
    ...['serve', '--local', '--port', '0', '--format', 'json', '--root', root],
    ...flags,
  ]);
  cleanups.push(() => livectl.dispose());
  await livectl.event('ready');
  const invoke = async (name: string, ...words: string[]) => {
    const env = { XDG_STATE_HOME: join(livectl.tempDir, 'state') };
    const ran = await runLivectl(['invoke', name, '--local', ...words], { env, cwd: root });
    return { ...ran, all: `${ran.stdout}${ran.stderr}` };
  };
  return { livectl, root, invoke };
}

const answered = { greeting: 'hällo', name: 'orders', ours: [], context: null };

test('one that is not served answers, fails and ends with its deployed code, which stays what it was', async () => {
  const { invoke, livectl, root } = await serve({ orders, other }, '--function', 'other');
  const first = await invoke('orders', '--event', '{"id":7}');
  expect(JSON.parse(first.stdout), first.all).toEqual({ ...answered, version: 'one', event: { id: 7 } });
  await livectl.event('deployed_log', ({ message }) => message.includes('ran one'));
  writeFileSync(join(root, 'orders.py'), version('two'));
  expect(JSON.parse((await invoke('orders')).stdout)).toMatchObject({ version: 'one' });
  const failed = await invoke('orders', '--event', '"fail"');
  expect(failed.code).toBe(1);
  expect(failed.all).toContain('KeyError');
  expect((await invoke('orders', '--event', '"exit"')).all).toContain('exit status 3');
  expect(livectl.events.filter(({ event }) => event === 'notice')).not.toContainEqual(
    expect.objectContaining({ message: expect.stringContaining("can't be run") }),
  );
  expect(await livectl.stop()).toBe(0);
  expect(livectl.leftBehind()).toEqual([]);
});

test('one that is served answers with local code; --deployed asks the deployed code, which sees nothing of that', async () => {
  const { invoke, livectl, root } = await serve({ orders, other });
  writeFileSync(join(root, 'orders.py'), version('two'));
  await livectl.event('reload');
  const served = await invoke('orders', '--event', '{"id":7}');
  expect(JSON.parse(served.stdout), served.all).toEqual({ ...answered, version: 'two', event: { id: 7 } });
  expect(served.stderr).toContain('ran two');
  const deployed = await invoke('orders', '--deployed', '--event', '{"id":8}');
  expect(JSON.parse(deployed.stdout), deployed.all).toEqual({
    ...answered,
    version: 'one',
    event: { id: 8 },
  });
  const failed = await invoke('orders', '--event', '"fail"');
  expect(failed.code).toBe(1);
  expect(failed.all).toContain("KeyError: 'two'");
  expect((await invoke('other')).stdout).toBe('"other"');
  expect(await livectl.stop()).toBe(0);
  expect(livectl.leftBehind()).toEqual([]);
});

describe('with a lazy init phase', () => {
  test('the deployed code is loaded when it first has to answer', async () => {
    const { invoke, livectl } = await serve({ orders: { ...orders, wrap_init: 'lazy' } });
    expect(JSON.parse((await invoke('orders')).stdout)).toMatchObject({ version: 'one' });
    const loaded = () =>
      livectl.events.filter(
        (each) => each.event === 'deployed_log' && JSON.stringify(each).includes('loaded one'),
      );
    expect(loaded()).toEqual([]);
    expect(JSON.parse((await invoke('orders', '--deployed')).stdout)).toMatchObject({ version: 'one' });
    await livectl.event('deployed_log', ({ message }) => message.includes('loaded one'));
  });
});
