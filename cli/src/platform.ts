// The only file that asks "Node or Deno?": one table of what differs.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

const deno = (globalThis as { Deno?: unknown }).Deno;

/**
 * The command that runs a Node function's process: this very Node; under Deno the `node` on the PATH, since the
 * functions are written for it, or Deno itself where there is none.
 */
export function nodeCommand(): readonly [string, ...string[]] {
  if (!deno) return [process.execPath, '--enable-source-maps'];
  const node = findOnPath(process.platform === 'win32' ? 'node.exe' : 'node');
  return node
    ? [node, '--enable-source-maps']
    : [process.execPath, 'run', '--allow-all', '--no-config', '--quiet'];
}

/** Version of the Node that {@link nodeCommand} runs, e.g. `20.20.2`; undefined where that is Deno. Asked once. */
export function nodeVersion(): string | undefined {
  if (!deno) return process.versions.node;
  const [program = '', ...args] = nodeCommand();
  if (program === process.execPath && args[0] === 'run') return undefined;
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8', timeout: 5000 });
  return status === 0 ? stdout.trim().replace(/^v/, '') : undefined;
}

/** What runs livectl itself, e.g. `Node.js 20.20.2`. */
export function hostRuntime(): string {
  const { deno: version, node } = process.versions as { deno?: string; node: string };
  return deno ? `Deno ${version ?? '(unknown version)'}` : `Node.js ${node}`;
}

/** The program's file in the first folder of PATH that has it; undefined if none does. Without the extensions of Windows. */
export function findOnPath(program: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder === '') continue;
    const file = join(folder, program);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
