// `livectl help`: what `--help` shows.
import { Command, Option } from 'clipanion';
import { exitCodes } from '../exit-code.ts';

export class HelpCommand extends Command {
  static override paths = [['help']];
  static readonly argumentNames = '[COMMAND]';

  static override usage = Command.Usage({
    description: 'List the commands, or show the help of one',
    examples: [
      ['All commands', 'livectl help'],
      ['One command, as livectl serve --help', 'livectl help serve'],
    ],
  });

  words = Option.Rest({ name: 'words' });

  /** Of all commands: one with a command is read as that command's `--help`. */
  override async execute(): Promise<number> {
    const { quickAnswer } = await import('./quick-answer.ts');
    return (await quickAnswer(['--help'], this.cli.binaryVersion ?? '')) ?? exitCodes.failure;
  }
}
