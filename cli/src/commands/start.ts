// `livectl` alone: where to begin.
import { Command } from 'clipanion';
import { exitCodes } from '../exit-code.ts';
import { processOutput } from '../log/output.ts';
import { style } from '../log/style.ts';

const steps = [
  ['livectl init', 'write livectl.json from the Terraform code you have'],
  ['livectl serve --local', 'run its functions here, without an AWS account'],
  ['livectl serve --stage NAME', 'answer the invocations of a stage on AWS with your code'],
  ['livectl doctor', 'check what is missing'],
  ['livectl --help', 'all commands; livectl COMMAND --help shows examples'],
] as const;

export class StartCommand extends Command {
  static override paths = [Command.Default];

  override async execute(): Promise<number> {
    const paint = style(processOutput.colour);
    const width = Math.max(...steps.map(([command]) => command.length)) + 2;
    processOutput.line(`${paint.name('livectl')}: live Lambda debugging for Terraform\n`);
    for (const [command, what] of steps) processOutput.line(`  ${paint.ok(command.padEnd(width))}${what}`);
    return exitCodes.ok;
  }
}
