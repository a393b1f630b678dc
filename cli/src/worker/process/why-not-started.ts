// [5] Explains why a program did not start, with a remedy: the system's message names the program at most.
import { closeSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { messageOf } from '../../../../protocol/live-debug-error.ts';
import { kindOf } from '../../manifest/path-kind.ts';

/** `cwd` is its working directory; the system's message comes last, in brackets. */
export function whyNotStarted(program: string, cwd: string, error: unknown): string {
  const system = messageOf(error);
  const why = explained(program, cwd, (error as NodeJS.ErrnoException).code);
  return why === undefined ? system : `${why} (${system})`;
}

function explained(program: string, cwd: string, code: string | undefined): string | undefined {
  if (code === 'ENOENT' && kindOf(cwd) !== 'folder') return `there is no folder ${cwd}`;
  const isPath = /[/\\]/.test(program);
  const file = resolve(cwd, program);
  switch (code) {
    case 'ENOENT':
      if (!isPath) return `${program} is not on the PATH: install it, or name it with its folder`;
      return kindOf(file) === 'file' ? whyNoInterpreter(file) : `there is no file ${file}`;
    case 'EACCES':
      if (!isPath) return `${program} on the PATH is not executable`;
      if (kindOf(file) === 'folder') return `${file} is a folder`;
      return `${file} is not executable: chmod +x ${file}`;
    case 'ENOEXEC':
      return `${program} is not a program for this machine (${process.platform}, ${process.arch})`;
    default:
      return undefined;
  }
}

/** The file exists; what the system misses is named in its first line, or is the loader of a compiled program. */
function whyNoInterpreter(file: string): string {
  const [line = ''] = startOf(file).split('\n', 1);
  if (!line.startsWith('#!')) return `${file} exists, but the loader it was built for does not`;
  if (line.endsWith('\r')) return `${file} has the line ends of Windows (CR LF): save it with LF`;
  return `${file} names an interpreter that does not exist: ${line.slice(2).trim()}`;
}

function startOf(file: string): string {
  let opened: number | undefined;
  try {
    opened = openSync(file, 'r');
    const start = Buffer.alloc(256);
    return start.toString('latin1', 0, readSync(opened, start));
  } catch {
    return '';
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}
