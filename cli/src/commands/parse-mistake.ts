// Explains a command line that no command accepts, to the person who typed it.
import type { Definition } from 'clipanion';
import { firstLine } from '../../../protocol/live-debug-error.ts';
import { didYouMean } from '../manifest/did-you-mean.ts';

/** What is wrong, and the command whose help explains it. */
export interface ParseMistake {
  readonly message: string;
  readonly help: string;
}

interface Flag {
  readonly name: string;
  readonly takesValue: boolean;
  readonly isRequired: boolean;
}

/** `definitions` are those of all commands; `said` is the parser's message, used if no better one is known. */
export function parseMistake(
  args: readonly string[],
  definitions: readonly Definition[],
  said: string,
): ParseMistake {
  const commands = definitions.map(({ options, path, usage }) => ({
    words: path.split(' ').slice(1),
    flags: [...options.flatMap(flagsOf), { name: '--help', takesValue: false, isRequired: false }],
    usage,
  }));
  const command = commands
    .filter(({ words }) => words.every((word, index) => args[index] === word))
    .sort((one, other) => other.words.length - one.words.length)[0];
  if (command === undefined) {
    const [word = ''] = args;
    return { message: `livectl: ${noCommand(word, commands)}`, help: 'livectl --help lists the commands' };
  }
  const name = ['livectl', ...command.words].join(' ');
  const rest = args.slice(command.words.length);
  const ofFlag = flagMistake(rest, command.flags);
  if (ofFlag !== undefined) return { message: `${name}: ${ofFlag}`, help: `${name} --help lists its flags` };
  const nextWords = commands.flatMap(({ words }) =>
    command.words.every((word, index) => words[index] === word) ? words.slice(command.words.length) : [],
  );
  const message = wordMistake(command.usage, said, nextWords);
  return { message: `${name}: ${message}`, help: `${name} --help shows examples` };
}

interface KnownCommand {
  readonly words: readonly string[];
  readonly flags: readonly Flag[];
}

/** The first word is no command, or a flag. */
function noCommand(word: string, commands: readonly KnownCommand[]): string {
  const top = ['--help', '--version'];
  const names = [...new Set(commands.map(({ words: [name = ''] }) => name)), ...top];
  if (!word.startsWith('-'))
    return `there is no command ${JSON.stringify(word)}${didYouMean(word, names) || '.'}`;
  const [flag = ''] = word.split('=', 1);
  if (top.includes(flag)) return `${flag} takes no arguments.`;
  const owner = commands.find(({ flags }) => flags.some(({ name }) => name === flag));
  return owner === undefined
    ? `there is no flag ${flag}${didYouMean(flag, top) || '.'}`
    : `${flag} must follow a command, as in livectl ${owner.words.join(' ')} ${flag}`;
}

/** An unknown flag, or one without its value. */
function flagMistake(args: readonly string[], flags: readonly Flag[]): string | undefined {
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (arg === '--') return undefined;
    if (!arg.startsWith('--')) continue;
    const [name = ''] = arg.split('=', 1);
    const flag = flags.find((each) => each.name === name);
    if (flag === undefined) {
      const meant = didYouMean(
        name,
        flags.map((each) => each.name),
      );
      return `there is no flag ${name}${meant || '.'}`;
    }
    if (!flag.takesValue || arg !== name) continue;
    const value = args[index + 1];
    if (value === undefined || value.startsWith('--')) return `${name} needs a value`;
    index += 1;
  }
  const missing = flags.find(({ isRequired, name }) => isRequired && !args.some((arg) => isFlag(arg, name)));
  return missing && `${missing.name} is missing`;
}

function isFlag(arg: string, name: string): boolean {
  return arg === name || arg.startsWith(`${name}=`);
}

/** The parser's own message, except for an argument that is missing or one too many. */
function wordMistake(usage: string, said: string, nextWords: readonly string[]): string {
  const wanted = usage.match(/<[a-z][^<>]*>/g) ?? [];
  if (said.includes('Not enough positional')) return `needs ${wanted.join(' and ')}`;
  const [, quoted] = /^Extraneous positional argument \((".*")\)\.$/m.exec(said) ?? [];
  if (quoted === undefined) return firstLine(said);
  return `unexpected argument ${quoted}${didYouMean(quoted.slice(1, -1), nextWords) || '.'}`;
}

/** A flag with a value has a word for it, as in `--stage VALUE`. */
function flagsOf({ definition, required: isRequired }: Definition['options'][number]): Flag[] {
  const [names = '', value] = definition.split(' ');
  return names.split(',').map((name) => ({ name, takesValue: value !== undefined, isRequired }));
}
