// What livectl answers without loading its commands: where to begin, its version, help, and what completes a command line.
// Each Tab waits for the last one.
import { exitCodes } from '../exit-code.ts';
import { processOutput } from '../log/output.ts';
import type { CommandHelp } from './help-text.ts';

/** The exit code of what was answered; undefined where the arguments ask for anything else. */
export async function quickAnswer(args: readonly string[], version: string): Promise<number | undefined> {
  const answer = await answerTo(args, version);
  if (answer === undefined) return undefined;
  if (answer !== '') processOutput.line(answer);
  return exitCodes.ok;
}

async function answerTo(args: readonly string[], version: string): Promise<string | undefined> {
  const { colour, columns } = processOutput;
  const [first, second] = args;
  if (first === undefined) {
    const { startText } = await import('./start.ts');
    return startText(columns, colour);
  }
  if (args.length === 1 && (first === '--version' || first === '-v')) return version;
  if (first === 'completion' && second === 'candidates') {
    const { candidateLines } = await import('../completion/candidate-lines.ts');
    const { default: commands } = await import('embedded:commands');
    return (await candidateLines(commands, args.slice(2))).join('\n');
  }
  if (!args.includes('--help') && !args.includes('-h')) return undefined;
  const { default: commands } = await import('embedded:commands');
  const asked = helpAsked(commands, args);
  if (asked === undefined) return undefined;
  const { commandHelp, helpText, helpWidth } = await import('./help-text.ts');
  const { styleOfHelp } = await import('../log/help-style.ts');
  const style = { bold: styleOfHelp(colour), width: helpWidth(columns) };
  return (asked === 'all' ? helpText(commands, version, style) : commandHelp(asked, style)).trimEnd();
}

/** The command whose help is asked for by `--help` anywhere behind it; undefined if none is. */
function helpAsked(
  commands: readonly CommandHelp[],
  args: readonly string[],
): CommandHelp | 'all' | undefined {
  const end = args.indexOf('--');
  const words = end < 0 ? args : args.slice(0, end);
  const [command] = commands
    .filter((each) => each.words.every((word, index) => words[index] === word))
    .sort((one, other) => other.words.length - one.words.length);
  const isAsked = words.some((word, index) => {
    if (word !== '--help' && word !== '-h') return false;
    const before = command?.flags.find(({ names }) => names.includes(words[index - 1] ?? ''));
    return before === undefined || before.value === '' || before.value.startsWith('[');
  });
  if (!isAsked) return undefined;
  return command ?? (words.length === 1 ? 'all' : undefined);
}
