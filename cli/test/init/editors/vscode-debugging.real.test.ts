// VS Code's own debugger for Node.js, attached by the configurations that `livectl init --vscode` writes: sources of a function and of
// another package of a monorepo, over reloads, two functions at once.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'jsonc-parser';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeEditorFiles } from '../../../src/init/editors/write-editor-files.ts';
import { Livectl, project } from '../../e2e/livectl-process.ts';
import { hasJsDebug, JsDebug } from './js-debug.ts';

const price = `interface Item {
  readonly amount: number;
}

export function total(items: readonly Item[]): number {
  const sum: number = items.reduce((all, { amount }) => all + amount, 0);
  return sum;
}
`;
/** Of \`return sum\`, from 1. */
const priceLine = 7;

const handler = (name: string) => `import { total } from '@shop/prices';

interface Event {
  readonly queryStringParameters?: Readonly<Record<string, string>>;
}

export async function handler(event: Event): Promise<string> {
  const amount: number = Number(event.queryStringParameters?.amount ?? 1);
  return \`${name} \${total([{ amount }, { amount: 1 }])}\`;
}
`;
/** Of its \`return\`. */
const handlerLine = 9;

/** A monorepo: two functions in services/api, and a package that both use in packages/prices. */
async function served() {
  const { root: folder, remove } = project({
    '.git/HEAD': 'ref: refs/heads/main\n',
    '.vscode/settings.json': '{}',
    'packages/prices/package.json': JSON.stringify({ name: '@shop/prices', main: 'src/index.ts' }),
    'packages/prices/src/index.ts': price,
    'services/api/livectl.json': JSON.stringify({
      functions: {
        orders: { handler: 'src/orders.handler', runtime: 'nodejs20.x', timeout: 3, triggers: { http: {} } },
        billing: {
          handler: 'src/billing.handler',
          runtime: 'nodejs20.x',
          timeout: 3,
          triggers: { http: {} },
        },
      },
    }),
    'services/api/src/orders.ts': handler('orders'),
    'services/api/src/billing.ts': handler('billing'),
  });
  onTestFinished(remove);
  const modules = join(folder, 'node_modules/@shop');
  mkdirSync(modules, { recursive: true });
  symlinkSync('../../packages/prices', join(modules, 'prices'));
  const root = join(folder, 'services/api');
  await writeEditorFiles({ root, editors: ['vscode'], functions: [], yes: true });
  const args = ['serve', '--local', '--root', root, '--port', '0', '--format', 'json', '--inspect=0'];
  const livectl = new Livectl(args);
  onTestFinished(() => livectl.dispose());
  const { functions } = await livectl.event('ready');
  await livectl.until(
    () => livectl.events.filter(({ event }) => event === 'debugger').length >= 2,
    'debugger ports',
  );
  const attach = async (name: string, breakpoints: Record<string, number[]>) => {
    const debug = await JsDebug.attach(configuration(folder, name, portOf(livectl, name)), breakpoints);
    onTestFinished(() => debug.close());
    await debug.attachedTo(1);
    return debug;
  };
  const urls = new Map(functions.map(({ name, url }) => [name, url]));
  const get = async (name: string, amount = 1) => (await fetch(`${urls.get(name)}?amount=${amount}`)).text();
  const file = (name: string) => join(folder, name);
  return { livectl, attach, get, file };
}

/** The configuration of a function as VS Code gives it to js-debug; only the port is the test's own. */
function configuration(folder: string, name: string, port: number): Record<string, unknown> {
  const text = readFileSync(join(folder, '.vscode/launch.json'), 'utf8');
  const { configurations } = parse(text.replaceAll(['$', '{workspaceFolder}'].join(''), folder));
  const found = configurations.find((each: { name: string }) => each.name === `livectl: ${name}`);
  return { ...found, port, type: 'pwa-node', __workspaceFolder: folder };
}

function portOf(livectl: Livectl, name: string): number {
  const found = livectl.events.find((event) => event.event === 'debugger' && event.function === name);
  if (found?.event !== 'debugger' || found.state !== 'listening') throw new Error(`no port of ${name}`);
  return Number(found.address.split(':')[1]);
}

describe.skipIf(!hasJsDebug)('js-debug', () => {
  it('stops in a function and in a package outside its folder, before and after a reload', async () => {
    const { attach, file, get, livectl } = await served();
    const orders = file('services/api/src/orders.ts');
    const prices = file('packages/prices/src/index.ts');
    const debug = await attach('orders', { [orders]: [handlerLine], [prices]: [priceLine] });
    const passes = async (amount: number) => {
      const answer = get('orders', amount);
      const first = await debug.stop();
      expect([first.file, first.line]).toEqual([orders, handlerLine]);
      expect(await first.evaluate('amount')).toBe(String(amount));
      // The function's environment is that of Lambda: nothing of the debugger's own is in it.
      expect(await first.evaluate('process.env.NODE_OPTIONS')).toBe('undefined');
      await first.resume();
      const second = await debug.stop();
      expect([second.file, second.line]).toEqual([prices, priceLine]);
      await second.resume();
      expect(await answer).toContain(`orders ${amount + 1}`);
    };
    await passes(2);
    await passes(3);
    for (const [reloads, saved] of [orders, prices, orders].entries()) {
      writeFileSync(saved, `${readFileSync(saved, 'utf8')}// saved ${reloads}\n`);
      await livectl.until(
        () =>
          livectl.events.filter((event) => event.event === 'reload' && event.function === 'orders').length >
          reloads,
        `reload ${reloads}`,
      );
      // At once, when js-debug has just lost its connection.
      await passes(10 + reloads);
    }
  });

  it('stops in two functions at once, each in its own session', async () => {
    const { attach, file, get } = await served();
    const prices = file('packages/prices/src/index.ts');
    const names = ['orders', 'billing'] as const;
    const debugs = await Promise.all(names.map((name) => attach(name, { [prices]: [priceLine] })));
    const answers = names.map((name, index) => get(name, 5 + index));
    const stops = await Promise.all(debugs.map((debug) => debug.stop()));
    expect(stops.map(({ file: stopped, line }) => [stopped, line])).toEqual([
      [prices, priceLine],
      [prices, priceLine],
    ]);
    expect(await Promise.all(stops.map((stop) => stop.evaluate('sum')))).toEqual(['6', '7']);
    for (const stop of stops) await stop.resume();
    expect(await Promise.all(answers)).toEqual(['orders 6', 'billing 7']);
  });
});
