// Commands that a test runs as the documentation has them, so that neither changes without the other.
import { blocksOf } from '../../cli/test/docs/command-blocks.ts';

/**
 * The words after the program of a command that a document tells the reader to run, e.g. for `Workspace.terraform`.
 * Throws when no block of the file has that command.
 */
export function documented(file: string, command: string): string[] {
  if (!blocksOf(file).some(({ commands }) => commands.includes(command))) {
    throw new Error(`${file} has no command "${command}"`);
  }
  return command.split(/\s+/).slice(1);
}
