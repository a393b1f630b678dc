// Runs the command that the arguments name.
import { Cli, type Command } from 'clipanion';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { exitCodes } from '../exit-code.ts';
import { processOutput } from '../log/output.ts';
import { livectlCli } from './all-commands.ts';
import type { LivectlCli } from './livectl-cli.ts';
import { parseMistake } from './parse-mistake.ts';

/** Resolves with the exit code; a mistake in the arguments has been reported then. */
export async function runCommandLine(args: string[], version: string): Promise<number> {
  const cli = livectlCli(version, args[0]);
  const command = parse(cli, args);
  return command ? cli.run(command, Cli.defaultContext) : exitCodes.usage;
}

/** The command that the arguments name; undefined, with the mistake said, where they name none. */
function parse(cli: LivectlCli, args: string[]): Command | undefined {
  try {
    return cli.process(args, Cli.defaultContext);
  } catch (error) {
    const { help, message } = parseMistake(args, livectlCli('').definitions(), messageOf(error));
    processOutput.errorLine(message);
    processOutput.errorLine(`  ${help}`);
    return undefined;
  }
}
