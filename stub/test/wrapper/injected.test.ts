// A bug of ours in each step before anything is sent: the deployed code answers all the same.
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { wrapperEntries, wrapperOptions } from '../../../scripts/stub-options.mjs';
import { layerFolder } from './harness/instance.ts';
import { answerAll, useWrappedWorld } from './harness/wrapped-world.ts';

const world = useWrappedWorld();
const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A file, and the line of it after which an exception is thrown. */
const steps: [string, string][] = [
  ['stub/src/settings.ts', 'export function readSettings(environment: NodeJS.ProcessEnv): StubSettings {'],
  [
    'stub/src/function-environment.ts',
    'export function functionEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {',
  ],
  ['stub/src/wrapper/runtime-proxy.ts', 'async listen(): Promise<number> {'],
  [
    'stub/src/wrapper/relayed.ts',
    'async answer(invocation: Invocation, stream: LambdaStream): Promise<Answer | undefined> {',
  ],
  ['stub/src/wrapper/way.ts', 'async get(boundMs: number): Promise<T | undefined> {'],
  [
    'stub/src/wrapper/decide.ts',
    'function invocationOf(message: IncomingMessage, event: Buffer, nowMs: number): Invocation {',
  ],
  ['stub/src/client-directory.ts', 'async current(): Promise<Client | undefined> {'],
  ['stub/src/client-directory.ts', 'async #read(): Promise<void> {'],
  ['stub/src/stub-socket.ts', 'async get(): Promise<RelaySocket> {'],
  ['stub/src/conversations.ts', '): Promise<Answer> {'],
  ['stub/src/exchange.ts', 'async run(): Promise<Answer> {'],
  ['stub/src/patience.ts', 'export function patienceOf(totalMs: number, eventBytes: number): Patience {'],
  ['stub/src/wrapper/unbegun.ts', 'tooSlow: (exchange: Exchange) => {'],
  ['stub/src/outgoing.ts', 'const untilMs = this.#clock.now() + boundMs;'],
  ['protocol/signature.ts', 'sign('],
];

/** The layer with an exception after the line `line` of `file`. */
async function layerWith(file: string, line: string): Promise<string> {
  const layer = world.folder({});
  cpSync(join(layerFolder, 'live-debug'), join(layer, 'live-debug'));
  let isInjected = false;
  const options = wrapperOptions(root);
  const inject = {
    name: 'inject',
    setup: (setup: import('esbuild').PluginBuild) =>
      setup.onLoad({ filter: new RegExp(`${file.replaceAll('.', '\\.')}$`) }, (args) => {
        const text = readFileSync(args.path, 'utf8');
        const at = text.indexOf(line);
        // After the brace that opens the body, where the line is none.
        const end =
          line.endsWith('{') || line.endsWith(';') ? at + line.length : text.indexOf(' {\n', at) + 2;
        isInjected = at >= 0;
        const thrown = '\nif (globalThis.process) throw new Error("injected");\n';
        return { contents: text.slice(0, end) + thrown + text.slice(end), loader: 'ts' as const };
      }),
  };
  const plugins = [inject, ...(options.plugins ?? [])];
  const outdir = join(layer, 'live-debug-wrapper');
  await build({ ...options, plugins, entryPoints: wrapperEntries, outdir, logLevel: 'silent' });
  expect(isInjected).toBe(true);
  return layer;
}

describe('an exception in', () => {
  it.each(steps)('%s: %s', async (file, line) => {
    const client = await world.serve();
    answerAll(client, () => '"local"');
    const { api, instance } = await world.wrapped({ layer: await layerWith(file, line) });
    for (const id of ['a', 'b'])
      expect((await api.invoke({ id, event: '1' })).body.toString()).toBe('{"deployed":1}');
    expect(JSON.stringify(instance.ownLines)).toContain('injected');
    expect(client.received).toEqual([]);
  });

  it('the start beside the runtime: the way is tried again with the invocation', async () => {
    answerAll(await world.serve(), () => '"local"');
    const layer = await layerWith('stub/src/wrapper/relayed.ts', 'async start(): Promise<void> {');
    const { api, instance } = await world.wrapped({ layer });
    // By the laptop where the way is there in time.
    for (const id of ['a', 'b'])
      expect(['"local"', '{"deployed":1}']).toContain((await api.invoke({ id, event: '1' })).body.toString());
    expect(JSON.stringify(instance.ownLines)).toContain('injected');
  });
});
