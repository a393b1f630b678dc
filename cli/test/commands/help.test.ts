// Help of the built livectl: every command, wherever it is written to.
import { join } from 'node:path';
import { Cli } from 'clipanion';
import { describe, expect, it, test } from 'vitest';
import { helpOfCommands, livectlCli } from '../../src/commands/all-commands.ts';
import { describeFlag, flagDescription, flagGroups } from '../../src/commands/flag-help.ts';
import { commandHelp, helpText, helpWidth } from '../../src/commands/help-text.ts';
import { project, runLivectl } from '../e2e/livectl-process.ts';

const commands = helpOfCommands();
const names = commands.map(({ words }) => words.join(' '));
const plain = (text: string) => text;

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are made of them
const colours = /\u001b\[\d+m/g;

/** What every help must be, in lines of `width`. */
function expectReadable(help: string, width: number): void {
  expect(help.split('\n').filter((line) => line.length > width)).toEqual([]);
  expect(help).not.toMatch(/#\d|--[\w-]+[ =]VALUE\b|\t| $/m);
  expect(help).toMatch(/[^\n]\n$/);
}

it('knows every command', () => {
  expect(names.toSorted()).toEqual(
    [
      'cloud',
      'completion',
      'doctor',
      'help',
      'init',
      'invoke',
      'recordings',
      'recordings clear',
      'recordings export',
      'replay',
      'serve',
      'status',
      'trigger',
      'tunnel',
      'vpn',
      'vpn certificates',
    ].toSorted(),
  );
});

describe.each(commands.map((command) => [command.words.join(' '), command] as const))(
  '%s',
  (name, command) => {
    it.each([80, 72, 60, 59])('has lines of at most %d columns', (width) => {
      expectReadable(commandHelp(command, { bold: plain, width }), width);
    });

    it('shows examples, then flags in groups, then details', () => {
      const help = commandHelp(command, { bold: plain, width: 80 });
      const beforeDetails = help.split('\nDetails\n', 1)[0] ?? '';
      const [, afterExamples = ''] = beforeDetails.split('\nExamples\n');
      const headings = afterExamples.split('\n').filter((line) => /^[A-Z][\w ]*$/.test(line));
      expect(headings).toEqual(
        flagGroups.filter((title) => command.flags.some(({ group }) => group === title)),
      );
      expect(help.includes('\nDetails\n')).toBe(command.details.length > 0);
      for (const { names } of command.flags)
        expect(afterExamples.match(new RegExp(`^  ${names.join(', ')}(?=[ [\n])`, 'gm'))).toHaveLength(1);
    });

    it('has examples that are whole commands of it', () => {
      expect(command.examples.length).toBeGreaterThan(0);
      const help = commandHelp(command, { bold: plain, width: 80 }).replaceAll(' \\\n   ', '');
      for (const [, line] of command.examples) {
        expect(line).toContain(`livectl ${name === 'help' ? 'help' : name}`);
        expect(help).toContain(`\n  ${line}\n`);
      }
    });

    it('names the default of every flag that has one', () => {
      const args = command.args.match(/<[^>]+>/g) ?? [];
      const {
        cli: _cli,
        context: _context,
        path: _path,
        ...values
      } = livectlCli('').process([...command.words, ...args], Cli.defaultContext);
      const texts = command.flags.map(({ about }) => about);
      for (const value of Object.values(values)) {
        if (typeof value !== 'string' || value === '' || args.includes(value)) continue;
        const said = inWords[value] ?? value;
        expect(texts.some((text) => text.includes(`default ${said}`))).toBe(true);
      }
    });
  },
);

/** Defaults that are said in words. */
const inWords: Readonly<Record<string, string>> = { '.': 'the current one', '0': 'a free one' };

it('names the value of every flag that takes one', () => {
  for (const { options, path } of livectlCli('').definitions())
    for (const { definition, description = '' } of options) {
      const { value } = flagDescription(description);
      expect([path, definition, value.startsWith('[') ? '' : value]).toEqual([
        path,
        definition,
        definition.includes(' ') ? expect.stringMatching(/^[A-Z]/) : '',
      ]);
    }
});

test('a command is parsed without the others', () => {
  const known = (word: string) =>
    livectlCli('', word)
      .commands()
      .map(({ words }) => words.join(' '));
  expect(known('vpn')).toEqual(['vpn', 'vpn certificates']);
  expect(known('serve')).toEqual(['serve']);
  expect(known('nonsense')).toEqual(names);
});

test('a flag without a group is an error at the build', () => {
  expect(flagDescription(describeFlag('Where', 'NAME', 'a stage'))).toEqual({
    group: 'Where',
    value: 'NAME',
    about: 'a stage',
  });
  expect(() => flagDescription('a stage')).toThrow('a flag without a group: a stage');
  expect(() => flagDescription('Nowhere\tNAME\ta stage')).toThrow('a flag without a group');
});

test('the list of commands has every one of them in a group', () => {
  const help = helpText(commands, '1.2.3 (abcdefg)', { bold: plain, width: 80 });
  expectReadable(help, 80);
  for (const title of ['Start here', 'Send events', 'Look', 'Private networks', 'More'])
    expect(help).toMatch(new RegExp(`\n\n${title}\n  [a-z]`));
  for (const { about, words } of commands)
    expect(help).toMatch(new RegExp(`^ {2}${words.join(' ')} {2,}${about}$`, 'm'));
});

test.each([
  [undefined, 80],
  [200, 80],
  [80, 80],
  [64, 64],
  [20, 40],
  [0, 40],
])('a terminal of %s columns has lines of %d', (columns, width) => {
  expect(helpWidth(columns)).toBe(width);
});

describe('of the built livectl', () => {
  it('is answered without the parser, as is completion', async () => {
    const { remove, root } = project({
      // Of all that livectl loads, the parser alone needs the module `tty` where nothing is a terminal.
      'report.cjs': `const Module = require('node:module'); const load = Module._load;
Module._load = function (name, ...rest) {
  if (name === 'tty') process.stderr.write('parser\\n');
  return load.call(this, name, ...rest);
};`,
    });
    const env = { NODE_OPTIONS: `--require ${join(root, 'report.cjs')}` };
    const stderrOf = async (...args: string[]) => (await runLivectl(args, { env })).stderr;
    expect(await stderrOf('serve')).toMatch(/^parser\n/);
    for (const args of [
      [],
      ['--version'],
      ['serve', '--help'],
      ['completion', 'candidates', '--', 'invoke', ''],
    ])
      expect([args, await stderrOf(...args)]).toEqual([args, '']);
    remove();
  });

  it.each([
    [['--help']],
    [['-h']],
    [['help']],
    [['serve', '--help']],
    [['serve', '-h']],
    [['help', 'serve']],
    [['help', 'vpn', 'certificates']],
    [['help', 'help']],
    [['help', '--help']],
    [['trigger', 'http', 'api', '--help']],
    [['serve', '--stage', 'dev-tom', '-h', '--port', '0']],
    [[]],
  ])('%j: readable in a pipe, and with colours the same text', async (args) => {
    const [piped, without, coloured] = await Promise.all(
      [{}, { NO_COLOR: '1' }, { FORCE_COLOR: '1' }].map((env) => runLivectl(args, { env })),
    );
    if (!piped || !without || !coloured) throw new Error('three ran');
    expect([piped.code, piped.stderr, coloured.code]).toEqual([0, '', 0]);
    expectReadable(piped.stdout, 80);
    expect(piped.stdout).not.toContain('\u001b');
    expect(without.stdout).toBe(piped.stdout);
    expect(coloured.stdout).toMatch(colours);
    expect(coloured.stdout.replace(colours, '')).toBe(piped.stdout);
  });

  it('`help COMMAND` is `COMMAND --help`', async () => {
    const [asked, flag, all, allFlag] = await Promise.all(
      [['help', 'trigger'], ['trigger', '--help'], ['help'], ['--help']].map((args) => runLivectl(args)),
    );
    expect(asked?.stdout).toBe(flag?.stdout);
    expect(asked?.stdout).toContain('Usage: livectl trigger [source] [function] [flags]\n');
    expect(all?.stdout).toBe(allFlag?.stdout);
  });

  it('is not what a flag takes as its value, or what follows --', async () => {
    for (const args of [
      ['trigger', 'sns', 'f', '--message', '--help'],
      ['trigger', 'sns', 'f', '--', '--help'],
    ]) {
      const { code, stdout } = await runLivectl(args);
      expect([args, code, stdout]).toEqual([args, 2, '']);
    }
  });

  it('of a command that there is not', async () => {
    const { code, stderr, stdout } = await runLivectl(['help', 'srve']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe(
      'livectl: there is no command "srve"; did you mean "serve"?\n  livectl --help lists the commands\n',
    );
  });
});
