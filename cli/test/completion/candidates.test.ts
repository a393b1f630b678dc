// What completes a line, as the scripts of the shells ask for it: no file of a project gets a word past the characters of names.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import { helpOfCommands } from '../../src/commands/all-commands.ts';
import { candidateLines } from '../../src/completion/candidate-lines.ts';
import { argumentsOf, typedLine } from '../../src/completion/shell-word.ts';
import { project } from '../e2e/livectl-process.ts';

const hostile = [
  '$(touch pwned)',
  '`id`',
  "x'; id; '",
  'a\nb',
  'a\tb',
  'a b',
  '\u001b[31mred',
  ':files',
  '-rf *',
  '',
];
const functions = Object.fromEntries(
  ['orders', 'worker', ...hostile].map((name) => [
    name,
    { triggers: { [name === 'worker' ? 'sqs' : 'http']: {} } },
  ]),
);
const { remove, root } = project({
  'livectl.json': JSON.stringify({ functions }),
  'dev.tf': 'stage = "dev-tom"\nstage = "$(id)"\n',
});
mkdirSync(join(root, 'aws'));
writeFileSync(join(root, 'aws/config'), '[profile dev]\n[profile $(id)]\n');
afterAll(remove);

const commands = helpOfCommands();
const asked = (...args: readonly string[]) => candidateLines(commands, args);
const words = async (...args: readonly string[]) =>
  (await asked('--', ...args)).map((line) => line.split('\t')[0]);
/** As bash asks: `replaced` is what follows its last word break. */
const bash = (line: string, replaced: string) =>
  asked('--bash', line, replaced).then((lines) =>
    lines.map((each) => each.replace(/^(?!:).*?\t.*/, (all) => all.split('\t')[0] ?? '')),
  );

describe('a function', () => {
  it('is offered if its name is one', async () => {
    expect(await words('invoke', '--root', root, '')).toEqual(['orders', 'worker']);
    expect(await words('trigger', '--root', root, 'sqs', '')).toEqual(['worker']);
    expect(await words('serve', '--root', root, '--stage', '')).toEqual(['dev-tom']);
  });
});

test.each<[line: string, replaced: string, lines: readonly string[]]>([
  ['livectl serve --format=', '', ['pretty', 'json']],
  ['livectl serve --format=j', 'j', ['json']],
  ['livectl serve "--format=j', '--format=j', ['--format=json']],
  ['livectl serve --format "j', 'j', ['json']],
  ['AWS_PROFILE=a B=c livectl stat', 'stat', ['status']],
  ['livectl help vpn ', '', ['certificates']],
  ['livectl --v', '--v', ['--version']],
  ['livectl serve --inspect --lo', '--lo', ['--local']],
  ['livectl recordings --status ', '', ['ok', 'error', 'running']],
  ['livectl recordings export last --as v', 'v', ['vitest']],
  ['livectl nonsense ', '', []],
  ['livectl serve --nonsense=', '', []],
  // Paths: `:files`, and what stands before the path in what bash replaces.
  ['livectl serve --root ', '', [':files']],
  ['livectl invoke f --event=a', 'a', [':files']],
  ['livectl invoke f "--event=a', '--event=a', [':files\t--event=']],
  ['livectl serve --env ', '', []],
  ['livectl serve --env @a', '@a', [':files\t@']],
  ['livectl serve --env orders:@a', '@a', [':files\t@']],
  ['livectl serve --env orders:@a', 'orders:@a', [':files\torders:@']],
  ['livectl serve --env=orders:@a', 'a', [':files']],
  ['livectl serve --env orders:A=@a', 'a', []],
  ['livectl serve --env a/b:@a', 'a', []],
  ['livectl trigger sqs f --body @a', '@a', [':files\t@']],
  ['livectl trigger sqs f --body @@a', '@@a', []],
  ['livectl trigger sqs f --subject @a', '@a', []],
])('bash: %s, of which %j is replaced', async (line, replaced, lines) => {
  expect(await bash(line, replaced)).toEqual(lines);
});

test('a script of an earlier version, which splits words at "=", is answered as well', async () => {
  expect(await asked('--', 'serve', '--format', '=', 'j')).toEqual(['json']);
  expect(await asked('--', 'serve', '--format=j')).toEqual(['--format=json']);
  expect(await asked('--', 'invoke', 'f', '--event', '')).toEqual([':files']);
});

test('a quote that is open is not part of the word, as fish and zsh ask', async () => {
  const lines = await asked('--typed', '--', 'invoke', '--root', root, '"or');
  expect(lines).toEqual(['orders']);
});

test('a line of any length is answered at once', async () => {
  for (const typed of ['"'.repeat(200_000), '\\ '.repeat(200_000), `livectl ${'--env=a:@'.repeat(30_000)}`])
    expect(await asked('--bash', typed, '')).toEqual([]);
});

test.each<[line: string, words: readonly string[], current: string]>([
  ['livectl  serve ', ['livectl', 'serve'], ''],
  ['livectl serve', ['livectl'], 'serve'],
  ['livectl "a b" \'c d', ['livectl', 'a b'], 'c d'],
  ['livectl a\\ b"c', ['livectl'], 'a bc'],
  ['livectl "a\\"b\\n', ['livectl'], 'a"b\\n'],
  ["livectl 'a\\", ['livectl'], 'a\\'],
  ['livectl ""', ['livectl'], ''],
  ['livectl "" ', ['livectl', ''], ''],
  ['livectl $(id) `id`', ['livectl', '$(id)'], '`id`'],
])('a typed line: %s', (line, words, current) => {
  expect(typedLine(line)).toEqual({ words, current });
});

test('variables before the command are none of its words', () => {
  expect(argumentsOf(['A=1', '_b2=', 'livectl', 'serve', 'C=3'])).toEqual(['serve', 'C=3']);
  expect(argumentsOf(['A=1'])).toEqual([]);
});
