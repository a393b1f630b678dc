// Reads a file that somebody else may have put there: bounded, and never waiting.
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

const mostBytes = 1024 * 1024;

/** Its text. Throws for anything but a file of moderate size; a pipe is not waited for. */
export function moderateFile(file: string): string {
  const handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = fstatSync(handle);
    if (!stats.isFile() || stats.size > mostBytes) throw new Error('unsuitable');
    return readFileSync(handle, 'utf8');
  } finally {
    closeSync(handle);
  }
}
