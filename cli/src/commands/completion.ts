// `livectl completion`: prints a shell's script; commands/quick-answer.ts answers what the scripts ask.
import { Command, Option, UsageError } from 'clipanion';
import { exitCodes } from '../exit-code.ts';
import { type OutputFormat, processOutput } from '../log/output.ts';
import { LivectlCommand, outputFlags } from './livectl-command.ts';

export class CompletionCommand extends LivectlCommand {
  static override paths = [['completion']];

  static override usage = Command.Usage({
    description: 'Print the completion script of a shell',
    details: `
      Put the line of your shell into its start-up file. It completes commands and flags, the functions of livectl.json, event sources,
      stages that this machine serves or that Terraform files of the folder name, AWS profiles, recordings and files.
    `,
    examples: [
      ['bash, in ~/.bashrc', 'eval "$(livectl completion bash)"'],
      ['zsh, in ~/.zshrc after compinit', 'eval "$(livectl completion zsh)"'],
      ['fish, in ~/.config/fish/config.fish', 'livectl completion fish | source'],
    ],
  });

  shell = Option.String({ name: 'bash|zsh|fish', required: true });
  format = outputFlags.format('one object');
  verbose = outputFlags.verbose();

  async run(format: OutputFormat): Promise<number> {
    const { scripts, shells } = await import('../completion/scripts.ts');
    const shell = shells.find((each) => each === this.shell);
    if (shell === undefined)
      throw new UsageError(`there is a script for ${shells.join(', ')}, not for ${this.shell}`);
    if (format === 'json') {
      const { eventLine } = await import('../log/json-lines.ts');
      processOutput.line(eventLine({ event: 'completion', shell, script: scripts[shell] }));
    } else processOutput.line(scripts[shell].trimEnd());
    return exitCodes.ok;
  }
}
