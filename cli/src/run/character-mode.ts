// A terminal that passes on each key as it is pressed and shows none, while the kernel still makes signals of Ctrl-C, Ctrl-Z
// and Ctrl-\: they work as before, also if this process is busy. Node's raw mode would take them away.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** How long `ps` may take, in milliseconds. */
const boundMs = 1000;

export class CharacterMode {
  /** What the terminal had before, in stty's own words; undefined while it has that. */
  #before: string | undefined;

  /** False if it cannot be set: no terminal, or this process is in the background, where asking would stop it. */
  set(): boolean {
    if (process.platform === 'win32') {
      process.stdin.setRawMode(true);
      this.#before = 'cooked';
      return true;
    }
    if (!isInForeground()) return false;
    const before = this.#before ?? stty(['-g']);
    if (before === undefined || stty(['-icanon', '-echo', 'min', '1', 'time', '0']) === undefined)
      return false;
    this.#before = before;
    return true;
  }

  /** What it was before, if it was set. May be called twice, and at any kind of end. */
  restore(): void {
    const before = this.#before;
    if (before === undefined) return;
    this.#before = undefined;
    if (process.platform === 'win32') process.stdin.setRawMode(false);
    else if (isInForeground()) stty([before]);
  }
}

/**
 * What it prints; undefined if it fails or there is no terminal. Takes 3 ms. Without a bound: for one, Deno would start it
 * outside the group that may set the terminal's mode, and there it would stop.
 */
function stty(args: readonly string[]): string | undefined {
  // It opens the terminal itself: a child that inherits our stdin makes its reads block, under Node. Such a read, of keys that
  // Ctrl-C has discarded meanwhile, would wait for the next key, and nothing but that key would let this process see the Ctrl-C.
  const { status, stdout } = spawnSync('sh', ['-c', 'exec stty "$@" </dev/tty', 'sh', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** Whether the terminal is ours: a background job that sets its mode or reads from it is stopped. */
export function isInForeground(): boolean {
  if (process.platform === 'win32') return true;
  try {
    // pid (name) state ppid pgrp session tty_nr tpgid; the name may contain anything.
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const [, , group, , , inFront] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return group !== undefined && group === inFront;
  } catch {
    const options = { encoding: 'utf8', timeout: boundMs, killSignal: 'SIGKILL' } as const;
    return (spawnSync('ps', ['-o', 'stat=', '-p', String(process.pid)], options).stdout ?? '').includes('+');
  }
}
