// The same handlers by AWS's own runtime clients and by ours, side by side in one livectl serve: answers and logs are equal.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Livectl, runLivectl } from '../e2e/livectl-process.ts';
import { handlersFolder } from '../worker/built-runtime.ts';
import { type Comparable, comparable, type InvokeResult } from './comparable.ts';
import { type ComparedRuntime, cases } from './node-cases.ts';
import { nodeOf, officialCommand } from './official-node-client.ts';

const both: readonly ComparedRuntime[] = ['nodejs22.x', 'nodejs24.x'];

describe.each(both)('%s', (runtime) => {
  const compared = cases.filter(({ runtimes = both }) => runtimes.includes(runtime));
  const names = new Map(compared.map((one, index) => [one, `case-${index}`]));
  let root: string;
  let stateHome: string;
  let serve: Livectl;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'livectl-differential-'));
    stateHome = mkdtempSync(join(tmpdir(), 'livectl-state-'));
    cpSync(handlersFolder, root, { recursive: true });
    const functions: Record<string, object> = {};
    for (const [{ handler, environment = {} }, name] of names) {
      const settings = { handler, runtime, timeout: 5, environment };
      functions[`${name}-ours`] = settings;
      functions[`${name}-official`] = { ...settings, command: officialCommand(runtime, handler) };
    }
    writeFileSync(join(root, 'livectl.json'), JSON.stringify({ functions }));
    // Our client runs on the Node.js that livectl runs on.
    serve = new Livectl(['serve', '--local', '--root', root, '--port', '0', '--format', 'json'], {
      env: { XDG_STATE_HOME: stateHome },
      on: ([, ...args]) => [nodeOf(runtime), ...args],
    });
    await serve.event('ready');
  });

  afterAll(async () => {
    await serve.dispose();
    rmSync(root, { recursive: true, force: true });
    rmSync(stateHome, { recursive: true, force: true });
  });

  async function invoke(name: string, event: unknown): Promise<Comparable> {
    const args = ['invoke', name, '--local', '--root', root, '--event', '-', '--format', 'json'];
    const input = JSON.stringify(event);
    const { stdout, stderr } = await runLivectl(args, { input, env: { XDG_STATE_HOME: stateHome } });
    if (!stdout.startsWith('{')) throw new Error(`no result of ${name}: ${stdout} ${stderr}`);
    return comparable(JSON.parse(stdout) as InvokeResult, root);
  }

  const runs = compared.flatMap((one) =>
    (one.events ?? [{}]).map((event) => ({ one, event, title: `${one.handler} ${JSON.stringify(event)}` })),
  );
  test.each(runs)('$one.shape: $title', async ({ one, event }) => {
    const name = names.get(one);
    const official = await invoke(`${name}-official`, event);
    const ours = await invoke(`${name}-ours`, event);
    if (one.differs !== undefined) return expect(ours.answer).not.toEqual(official.answer);
    const { compare = ['answer', 'log'] } = one;
    if (compare.includes('answer')) expect(ours.answer).toEqual(official.answer);
    const lines = (log: readonly string[]) => log.filter((line) => line !== one.unfinished);
    if (compare.includes('log')) expect(lines(ours.log)).toEqual(lines(official.log));
  });
});
