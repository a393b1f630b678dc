// Every shell command of README and docs is run as it is written, here or in a test that names it; what can't be is marked.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { repository } from '../e2e/livectl-process.ts';
import { blocksOf, commandBlocks } from './command-blocks.ts';
import { DocumentedShell } from './documented-shell.ts';

/** Commands that name `documented(file, command)` run in the test of that source. */
const elsewhere = execFileSync(
  'git',
  ['grep', '-hoE', "documented\\(\\s*'[^']+',\\s*'[^']+'", '--', '*.ts'],
  {
    cwd: repository,
    encoding: 'utf8',
  },
);

function runsElsewhere(file: string, command: string): boolean {
  // Every test of the module begins with it.
  if (command === 'terraform init') return elsewhere.includes(`documented('${file}', `);
  return elsewhere.includes(`documented('${file}', '${command}'`);
}

const handler =
  'export const handler = async (event) => { console.log("got", event.id); return { ok: true }; };';
const ownFunctions = {
  functions: {
    api: {
      handler: 'app.handler',
      runtime: 'nodejs22.x',
      triggers: { http: { path: '/api', method: 'ANY' } },
    },
    worker: { handler: 'app.handler', runtime: 'nodejs22.x', triggers: { sns: {}, sqs: {} } },
  },
};

interface Scenario {
  /** Below the repository's root; default: the document's own folder. */
  readonly folder?: string;
  /** The reader's own files, below the root. */
  readonly files?: Readonly<Record<string, string>>;
  /** Before the block that begins with a command: what the text around it takes for granted. */
  readonly before?: Readonly<Record<string, readonly string[]>>;
}

const own = {
  'livectl.json': JSON.stringify(ownFunctions),
  'app.mjs': handler,
  'services/api/livectl.json': JSON.stringify(ownFunctions),
  'services/api/app.mjs': handler,
  'checkouts/main/app.mjs': handler,
  'order.json': '{"id":7}',
  'event.json': '{"id":8}',
};

const scenarios: Readonly<Record<string, Scenario>> = {
  'README.md': {
    folder: '.',
    files: own,
    before: {
      'livectl serve --local': ['cd ../..'],
      'livectl trigger http api --local --method POST --body \'{"id":1}\'': ['livectl serve --local'],
    },
  },
  'docs/debugging.md': { folder: '.', files: own },
  'docs/triggers.md': {
    folder: '.',
    files: {
      'event.json': JSON.stringify({ Records: [{ Sns: { MessageId: '1', Message: '{"item":"tea"}' } }] }),
    },
  },
  'docs/inspector.md': { folder: '.' },
  'docs/replay.md': {
    folder: '.',
    files: {
      'event.json': JSON.stringify({ Records: [{ Sns: { MessageId: '1', Message: '{"item":"tea"}' } }] }),
    },
  },
  'docs/terraform.md': { folder: '.' },
  'docs/vpn.md': { folder: '.', files: own },
  'examples/fan-out/README.md': {},
  'examples/go/README.md': { folder: '.' },
  'examples/python/README.md': { folder: '.' },
  'examples/quickstart/README.md': {
    folder: '.',
    before: { 'livectl serve --local': ['cd examples/quickstart'] },
  },
  'examples/existing-function/README.md': {},
  'examples/shared-stage/README.md': {},
};

const blocks = commandBlocks();
let shell: DocumentedShell | undefined;

afterEach(async () => {
  await shell?.close();
  shell = undefined;
});

describe('commands of', () => {
  it.each(Object.keys(scenarios))('%s do what they say', { timeout: 120_000 }, async (file) => {
    const { before = {}, files = {}, folder = file.replace(/\/[^/]+$/, '') } = scenarios[file] ?? {};
    shell = new DocumentedShell(folder);
    for (const [path, text] of Object.entries(files)) shell.write(path, text);
    const here = blocksOf(file).filter(({ testedBy, untested }) => !testedBy && !untested);
    expect(here).not.toEqual([]);
    for (const { commands } of here) {
      for (const command of before[commands[0] ?? ''] ?? []) await shell.run(command);
      for (const command of commands) {
        if (!runsElsewhere(file, command)) await shell.run(asRun(command));
      }
    }
  });
});

/** A target of make is what it runs after its build: the tests run on the build that is there. */
function asRun(command: string): string {
  const target = /^make (\S+)$/.exec(command)?.[1];
  if (target === undefined) return command;
  // As in a terminal, also where make runs the tests.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(MAKE|MFLAGS)/.test(name)),
  );
  const recipe = execFileSync('make', ['-n', target], { cwd: repository, encoding: 'utf8', env });
  const last = recipe.trim().split('\n').at(-1) ?? '';
  // All tests would be this one, too.
  return target === 'test' ? `test '${last}' = 'vitest run'` : last;
}

it('every block is run, or says why not', () => {
  const loose = blocks.filter(({ file, testedBy, untested }) => !scenarios[file] && !testedBy && !untested);
  expect(loose.map(({ file, line }) => `${file}:${line}`)).toEqual([]);
  expect(blocks.length).toBeGreaterThan(25);
});

it('a block that another test runs names it', () => {
  const named = blocks.flatMap(({ testedBy }) => testedBy ?? []);
  expect(named.filter((file) => !existsSync(join(repository, file)))).toEqual([]);
});

it('a mark stands before a block', () => {
  const marks = new Set(blocks.map(({ file }) => file));
  for (const file of marks) {
    const text = readFileSync(join(repository, file), 'utf8');
    const count = text.match(/^ *<!-- (?:not tested: |tested by )/gm)?.length ?? 0;
    const used = blocksOf(file).filter(({ testedBy, untested }) => testedBy ?? untested).length;
    expect(count, file).toBe(used);
  }
});
