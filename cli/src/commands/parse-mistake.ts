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
    const names = [...new Set(commands.map(({ words: [name = ''] }) => name))];
    const message = `livectl: there is no command ${JSON.stringify(word)}${didYouMean(word, names) || '.'}`;
    return { message, help: 'livectl --help lists the commands' };
  }
  const name = ['livectl', ...command.words].join(' ');
  const message =
    flagMistake(args.slice(command.words.length), command.flags) ?? wordMistake(command.usage, said);
  return { message: `${name}: ${message}`, help: `${name} --help lists its flags` };
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

/** The parser's own message, except for a missing argument. */
function wordMistake(usage: string, said: string): string {
  const wanted = usage.match(/<[a-z][^<>]*>/g) ?? [];
  return said.includes('Not enough positional') ? `needs ${wanted.join(' and ')}` : firstLine(said);
}

/** A flag with a value has a word for it, as in `--stage VALUE`. */
function flagsOf({ definition, required: isRequired }: Definition['options'][number]): Flag[] {
  const [names = '', value] = definition.split(' ');
  return names.split(',').map((name) => ({ name, takesValue: value !== undefined, isRequired }));
}
