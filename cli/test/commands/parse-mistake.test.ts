// What is said of a command line that no command takes: every command and flag here is as the parser describes them.
import type { Definition } from 'clipanion';
import { expect, test } from 'vitest';
import { parseMistake } from '../../src/commands/parse-mistake.ts';

const option = (definition: string, required = false) => ({ definition, required });
const definitions: readonly Definition[] = [
  {
    path: 'livectl trigger',
    usage: 'livectl trigger [--message #0] [--async] ...',
    options: [option('--message #0'), option('--async')],
  },
  {
    path: 'livectl invoke',
    usage: 'livectl invoke [--event #0] <function>',
    options: [option('--event #0')],
  },
  { path: 'livectl status', usage: 'livectl status <--stage #0>', options: [option('--stage #0', true)] },
  { path: 'livectl vpn', usage: 'livectl vpn', options: [] },
  { path: 'livectl vpn certificates', usage: 'livectl vpn certificates', options: [option('-o,--out #0')] },
];

test.each([
  ['trgger sns', 'livectl: there is no command "trgger"; did you mean "trigger"?'],
  ['zzz', 'livectl: there is no command "zzz".'],
  ['trigger sns --mesage x', 'livectl trigger: there is no flag --mesage; did you mean "--message"?'],
  ['trigger sns --zzz=1', 'livectl trigger: there is no flag --zzz.'],
  ['trigger sns --message', 'livectl trigger: --message needs a value'],
  ['trigger sns --message --async', 'livectl trigger: --message needs a value'],
  ['vpn certificates --uot x', 'livectl vpn certificates: there is no flag --uot; did you mean "--out"?'],
  ['status', 'livectl status: --stage is missing'],
  ['status --stage=a extra', 'livectl status: unexpected argument "extra".'],
  ['versio', 'livectl: there is no command "versio"; did you mean "--version"?'],
  ['--stage=dev', 'livectl: --stage must follow a command, as in livectl status --stage'],
  ['--zzz', 'livectl: there is no flag --zzz.'],
  ['--hlp', 'livectl: there is no flag --hlp; did you mean "--help"?'],
  ['--version now', 'livectl: --version takes no arguments.'],
  ['trigger --message --- -- --zzz', 'livectl trigger: --message needs a value'],
])('%s', (line, message) => {
  const said = 'Extraneous positional argument ("extra").\n\n$ livectl ...';
  expect(parseMistake(line.split(' '), definitions, said).message).toBe(message);
});

test('a word that is missing is named', () => {
  expect(parseMistake(['invoke'], definitions, 'Not enough positional arguments.\n')).toEqual({
    message: 'livectl invoke: needs <function>',
    help: 'livectl invoke --help shows examples',
  });
});

test('a word close to a subcommand is named', () => {
  const said = 'Extraneous positional argument ("certficates").\n\n$ livectl vpn';
  expect(parseMistake(['vpn', 'certficates'], definitions, said)).toEqual({
    message: 'livectl vpn: unexpected argument "certficates"; did you mean "certificates"?',
    help: 'livectl vpn --help shows examples',
  });
});

test('what a flag takes is no flag', () => {
  const args = ['trigger', '--message', '-zzz', '--', '--zzz'];
  expect(parseMistake(args, definitions, 'other').message).toBe('livectl trigger: other');
});
