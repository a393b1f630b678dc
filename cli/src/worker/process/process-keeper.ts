// [5] Makes sure that what workers start does not outlive livectl, even if that is killed: a small shell beside livectl notices
// the end of its stdin, and kills what has left its worker's process group.
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { keeperScript } from './keeper-script.ts';

/** A process that leads its own group. */
export interface KeptProcess {
  readonly pid: number;
  /** What everything it starts inherits in `AWS_LAMBDA_RUNTIME_API`; undefined if processes that leave its group may stay. */
  readonly mark: string | undefined;
}

/** Descendants beyond this number are found by the mark only. */
const maxDescendants = 4096;

class ProcessKeeper {
  readonly #live = new Set<KeptProcess>();
  /** Processes that have exited, until what they left behind is gone; by process id. */
  readonly #ending = new Map<number, { readonly gone: Promise<void>; readonly done: () => void }>();
  #shell: ChildProcess | undefined;
  /** There is no shell here, or it cannot be kept alive. */
  #failed = process.platform === 'win32';
  #starts = 0;

  /** Whether everything that runs would end with livectl. */
  get watches(): boolean {
    return this.#shell !== undefined;
  }

  /** From now on the process does not outlive livectl. */
  add(kept: KeptProcess): void {
    this.#live.add(kept);
    if (this.#shell === undefined) this.#start();
    else this.#tell('add', kept);
  }

  /**
   * The process has exited: what carries its mark is killed. Resolves when that is done; until then the mark must not be used for
   * anything else.
   */
  ended(kept: KeptProcess): Promise<void> {
    this.#live.delete(kept);
    if (this.#shell === undefined) return Promise.resolve();
    this.#tell('end', kept);
    if (kept.mark === undefined) return Promise.resolve();
    let done = () => {};
    const gone = new Promise<void>((resolve) => {
      done = resolve;
    });
    this.#ending.set(kept.pid, { gone, done });
    return gone;
  }

  /** Resolves when nothing is left behind by processes that have exited. */
  async settled(): Promise<void> {
    await Promise.all([...this.#ending.values()].map(({ gone }) => gone));
  }

  #start(): void {
    // A shell that was killed is replaced, but not endlessly.
    if (this.#failed || this.#starts >= 5) return;
    this.#starts += 1;
    let shell: ChildProcess;
    try {
      shell = spawn('/bin/sh', ['-c', keeperScript], {
        cwd: '/',
        env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' },
        // In its own session, which neither Ctrl-C nor the end of the terminal reaches.
        detached: true,
        stdio: ['pipe', 'pipe', 'ignore'],
      });
    } catch {
      this.#failed = true;
      return;
    }
    this.#shell = shell;
    const { stdin, stdout } = shell;
    shell.once('error', () => {
      this.#failed = true;
      this.#lost(shell);
    });
    shell.once('exit', () => this.#lost(shell));
    stdin?.on('error', () => {});
    if (stdout) createInterface({ input: stdout }).on('line', (line) => this.#onLine(line));
    // It ends with livectl, and does not keep it alive.
    shell.unref();
    for (const stream of [stdin, stdout]) (stream as { unref?(): void } | null)?.unref?.();
    for (const kept of this.#live) this.#tell('add', kept);
  }

  #lost(shell: ChildProcess): void {
    if (this.#shell !== shell) return;
    this.#shell = undefined;
    for (const { done } of this.#ending.values()) done();
    this.#ending.clear();
    if (this.#live.size > 0) this.#start();
  }

  #tell(command: 'add' | 'end', { mark, pid }: KeptProcess): void {
    this.#shell?.stdin?.write(`${command} ${pid} ${mark ?? '-'}\n`);
  }

  #onLine(line: string): void {
    const pid = Number(line.replace('ended ', ''));
    this.#ending.get(pid)?.done();
    this.#ending.delete(pid);
  }
}

/** Shared by all processes of this livectl. */
export const processKeeper = new ProcessKeeper();

/**
 * All descendants of this process, in whatever group; empty if the system does not tell. Call it before killing the process: an
 * orphan is no longer found as a child.
 */
export function descendants(pid: number): number[] {
  if (process.platform !== 'linux') return [];
  const found: number[] = [];
  for (let parent: number | undefined = pid, at = 0; parent !== undefined; parent = found[at++]) {
    found.push(...childrenOf(parent));
    if (found.length > maxDescendants) break;
  }
  return found;
}

function childrenOf(pid: number): number[] {
  try {
    // A child belongs to the thread that started it.
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
        .trim()
        .split(' ')
        .filter(Boolean)
        .map(Number),
    );
  } catch {
    // Gone in the meantime, or not supported by this kernel.
    return [];
  }
}
