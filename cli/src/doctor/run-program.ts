// Asks a program on this machine for its version, bounded in time and output.
import { execFile } from 'node:child_process';
import { isAbsolute, join, resolve } from 'node:path';
import process from 'node:process';
import { withoutAwsSecrets } from '../builder/build-environment.ts';
import { kindOf } from '../manifest/path-kind.ts';
import { findOnPath } from '../platform.ts';

export interface Answer {
  /** What it wrote to stdout and stderr, in this order; at most a megabyte each. */
  readonly text: string;
  /** Why it cannot be used; undefined if it ended with exit code 0. */
  readonly problem: string | undefined;
}

const mostBytes = 1024 * 1024;

/** Without AWS keys in its environment; killed when the signal is aborted. Never rejects. */
export function askProgram(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly signal: AbortSignal; readonly env?: NodeJS.ProcessEnv },
): Promise<Answer> {
  const { cwd, signal } = options;
  const env = { ...withoutAwsSecrets(process.env), ...options.env };
  return new Promise((settle) => {
    const bounds = {
      cwd,
      signal,
      env,
      maxBuffer: mostBytes,
      windowsHide: true,
      killSignal: 'SIGKILL',
    } as const;
    execFile(program, [...args], bounds, (error, stdout, stderr) => {
      const lastLine = stderr.trim().split('\n').at(-1);
      const problem =
        error === null ? undefined : lastLine || error.message.split('\n')[0] || 'it gave no reason';
      settle({ text: `${stdout}\n${stderr}`, problem });
    });
  });
}

/** The extensions under which Windows finds a program. */
const extensions = process.platform === 'win32' ? ['', '.exe', '.cmd', '.bat'] : [''];

/** The file that a command's first word starts in `folder`, absolute; undefined if it is not found. */
export function programFile(word: string, folder: string): string | undefined {
  for (const extension of extensions) {
    const name = word + extension;
    if (!/[/\\]/.test(word)) {
      const found = findOnPath(name);
      if (found !== undefined) return isAbsolute(found) ? found : join(folder, found);
    } else if (kindOf(resolve(folder, name)) === 'file') return resolve(folder, name);
  }
  return undefined;
}
