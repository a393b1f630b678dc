// What every command shares: a mistake in its flags is one clear error and exit code 2.
import { Command, UsageError } from 'clipanion';
import { exitCodes } from '../exit-code.ts';
import { processOutput } from '../log/output.ts';

/** Commands implement `run`; it may throw a `UsageError`, and resolves with the exit code. */
export abstract class LivectlCommand extends Command {
  abstract run(): Promise<number>;

  override async execute(): Promise<number> {
    try {
      return await this.run();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      processOutput.errorLine(`livectl ${this.path.join(' ')}: ${error.message}`);
      processOutput.errorLine(`  livectl ${this.path.join(' ')} --help shows examples`);
      return exitCodes.usage;
    }
  }
}
