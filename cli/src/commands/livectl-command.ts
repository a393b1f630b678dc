// What every command shares: its format, and error handling: an error is reported once and becomes the exit code.
import { Command, Option, UsageError } from 'clipanion';
import { exitCodeOf, exitCodes } from '../exit-code.ts';
import { Unanswered } from '../log/ask.ts';
import { reportFailure } from '../log/failure.ts';
import { type OutputFormat, processOutput } from '../log/output.ts';
import { describeFlag } from './flag-help.ts';
import { formatOf } from './flag-values.ts';

/** The default of `--root`; `--root .` means exactly this folder. */
export const defaultRoot = '';

/** The flags of every command, which are last in its help. */
export const outputFlags = {
  /** `objects`: what `json` gives. */
  format: (objects: 'one object' | 'one object a line') =>
    Option.String('--format', 'pretty', {
      description: describeFlag('Output', 'FORMAT', `pretty or json (${objects}); default pretty`),
    }),
  verbose: (also = '') =>
    Option.Boolean('--verbose', false, {
      description: describeFlag('Output', `Also show livectl’s stack traces${also}`),
    }),
} as const;

/** Commands implement `run`; it resolves with the exit code, and may throw a `UsageError` or any other error. */
export abstract class LivectlCommand extends Command {
  abstract format: string;
  abstract verbose: boolean;

  abstract run(format: OutputFormat): Promise<number>;

  override async execute(): Promise<number> {
    try {
      return await this.#run();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      processOutput.errorLine(`livectl ${this.path.join(' ')}: ${error.message}`);
      processOutput.errorLine(`  livectl ${this.path.join(' ')} --help shows examples`);
      return exitCodes.usage;
    }
  }

  /** For commands with `--root`: without that and `--config`, a livectl.json above the current folder counts. */
  async #useProjectAbove(): Promise<void> {
    const flags: { root?: string; config?: string | undefined } = this as object;
    if (flags.root !== defaultRoot) return;
    flags.root = '.';
    if (flags.config !== undefined) return;
    const { projectAbove } = await import('../folders/project-above.ts');
    const found = projectAbove('.');
    if (found === undefined) return;
    flags.root = found;
    processOutput.errorLine(`livectl: uses livectl.json of ${found}; --root . uses this folder`);
  }

  async #run(): Promise<number> {
    const format = formatOf(this.format);
    await this.#useProjectAbove();
    try {
      return await this.run(format);
    } catch (error) {
      if (error instanceof UsageError) throw error;
      if (error instanceof Unanswered) return exitCodes.failure;
      reportFailure(error, processOutput, { format, verbose: this.verbose });
      return exitCodeOf(error);
    }
  }
}
