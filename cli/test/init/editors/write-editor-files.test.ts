// The files of VS Code and JetBrains' IDEs: what is written, what stays of files that were there, ports.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'jsonc-parser';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeEditorFiles } from '../../../src/init/editors/write-editor-files.ts';

const functions = {
  orders: { handler: 'src/orders.handler', runtime: 'nodejs22.x' },
  audit: { handler: 'audit.handler', runtime: 'python3.12' },
  billing: { handler: 'src/billing.handler', runtime: 'nodejs22.x' },
  'go-one': { handler: 'bootstrap', runtime: 'provided.al2023', command: ['./bootstrap'] },
};

type Entry = Record<string, unknown>;

/** A project's folder with a livectl.json, and what is in its files. */
function project(files: Readonly<Record<string, string>> = {}, below = '') {
  const folder = mkdtempSync(join(tmpdir(), 'livectl-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const put = (name: string, text: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  const root = join(folder, below);
  put(join(below, 'livectl.json'), JSON.stringify({ functions }));
  for (const [name, text] of Object.entries(files)) put(name, text);
  const text = (name: string) => readFileSync(join(folder, name), 'utf8');
  const json = (name: string): Record<string, Entry[]> => parse(text(name));
  const write = (editor: 'vscode' | 'jetbrains', names: string[] = []) =>
    writeEditorFiles({ root, editors: [editor], functions: names, yes: true });
  return { folder, put, text, json, write };
}

/** VS Code's variable for the folder that it opens. */
const workspace = ['$', '{workspaceFolder}'].join('');
const launch = '.vscode/launch.json';
const tasks = '.vscode/tasks.json';

describe('VS Code', () => {
  it('has an entry for each function that can be debugged, on the port that serve gives it', async () => {
    const { folder, json, write } = project();
    expect(await write('vscode')).toEqual([
      { file: join(folder, tasks), change: 'created' },
      { file: join(folder, launch), change: 'created' },
    ]);
    const { compounds, configurations, version } = json(launch);
    expect(version).toBe('0.2.0');
    expect(configurations).toMatchObject([
      { name: 'livectl: audit', type: 'debugpy', connect: { host: '127.0.0.1', port: 9229 }, restart: true },
      { name: 'livectl: billing', type: 'node', request: 'attach', port: 9230, restart: true },
      { name: 'livectl: orders', type: 'node', request: 'attach', port: 9231, restart: true },
    ]);
    const [task] = json(tasks).tasks ?? [];
    expect(task).toMatchObject({ label: 'livectl: serve', isBackground: true });
    for (const { preLaunchTask } of [...(configurations ?? []), ...(compounds ?? [])])
      expect(preLaunchTask).toBe('livectl: serve');
    expect(compounds?.[0]?.configurations).toEqual(configurations?.map(({ name }) => name));
  });

  it('changes nothing the second time', async () => {
    const { folder, text, write } = project();
    await write('vscode');
    const before = [text(launch), text(tasks)];
    expect(await write('vscode')).toEqual([
      { file: join(folder, tasks), change: 'unchanged' },
      { file: join(folder, launch), change: 'unchanged' },
    ]);
    expect([text(launch), text(tasks)]).toEqual(before);
  });

  it('leaves comments, form and entries of others as they are', async () => {
    const own = `// Ours\r
{\r
\t"version": "0.2.0", /* do not change */\r
\t"inputs": [],\r
\t"configurations": [\r
\t\t// Starts the tests\r
\t\t{ "name": "tests",   "type": "node", "request": "launch", }, // slow\r
\t],\r
}\r
`;
    const { json, text, write } = project({ [launch]: own });
    await write('vscode');
    const merged = text(launch);
    for (const line of own.split('\r\n').slice(0, 7)) expect(merged).toContain(line);
    expect(merged.replaceAll('\r\n', '')).not.toContain('\n');
    expect(merged).toContain('\t\t{\r\n\t\t\t"name": "livectl: audit"');
    expect(json(launch).configurations?.map(({ name }) => name)).toEqual([
      'tests',
      'livectl: audit',
      'livectl: billing',
      'livectl: orders',
    ]);
  });

  it('brings its own entries up to date, and keeps what a person has added to them', async () => {
    const { json, put, text, write } = project();
    await write('vscode');
    put(
      launch,
      text(launch).replace('"name": "livectl: orders",', '"name": "livectl: orders", "trace": true,'),
    );
    put(tasks, text(tasks).replace('"--local"', '"--stage", "dev-tom"'));
    put('livectl.json', JSON.stringify({ functions: { orders: functions.orders } }));
    await write('vscode');
    const { compounds, configurations } = json(launch);
    expect(configurations).toMatchObject([{ name: 'livectl: orders', port: 9229, trace: true }]);
    expect(compounds).toEqual([]);
    expect(json(tasks).tasks?.[0]?.args).toEqual(['serve', '--stage', 'dev-tom', '--inspect']);
  });

  it('goes to the folder that VS Code opens in a monorepo', async () => {
    const files = { '.git/HEAD': '', '.vscode/settings.json': '{}' };
    const { json, write } = project(files, 'services/api');
    await write('vscode');
    const root = `${workspace}/services/api`;
    expect(json(tasks).tasks?.[0]?.options).toEqual({ cwd: root });
    expect(json(launch).configurations?.[1]?.cwd).toBe(root);
  });

  it('names only the functions asked for, with the ports they have among all', async () => {
    const { json, write } = project();
    await write('vscode', ['orders']);
    expect(json(launch).configurations).toMatchObject([{ name: 'livectl: orders', port: 9231 }]);
  });

  it.each([
    ['{ "configurations": [', /launch\.json:1:\d+: /],
    ['{ "configurations": {} }', /launch\.json:1:21: "configurations" must be a list/],
    ['[]', /launch\.json: it must be an object/],
  ])('writes nothing where a file is %s', async (text, message) => {
    const { text: textOf, write } = project({ [launch]: text });
    await expect(write('vscode')).rejects.toThrow(message);
    expect(textOf(launch)).toBe(text);
    expect(() => textOf(tasks)).toThrow('ENOENT');
  });
});

describe('JetBrains', () => {
  it('has run configurations with the same ports, and none for Python', async () => {
    const { folder, text, write } = project();
    expect((await write('jetbrains')).map(({ file }) => file.slice(folder.length + 1))).toEqual([
      '.run/livectl serve.run.xml',
      '.run/livectl billing.run.xml',
      '.run/livectl orders.run.xml',
      '.run/livectl all functions.run.xml',
    ]);
    expect(text('.run/livectl orders.run.xml')).toBe(`<component name="ProjectRunConfigurationManager">
  <configuration default="false" name="livectl: orders" type="ChromiumRemoteDebugType" factoryName="Chromium Remote" host="127.0.0.1" port="9231" restartOnDisconnect="true">
    <method v="2" />
  </configuration>
</component>
`);
    expect(text('.run/livectl serve.run.xml')).toContain(
      '<option name="SCRIPT_TEXT" value="livectl serve --local --inspect" />',
    );
    expect((await write('jetbrains')).every(({ change }) => change === 'unchanged')).toBe(true);
  });
});
