// Decides when a function's `build` command runs: at the start, and after every change of its sources that the command did
// not make itself. One command runs at a time, so that a change during a run is either its output or a save.

import { dirname, relative, sep } from 'node:path';
import process from 'node:process';
import type { Clock } from '../../../protocol/clock.ts';
import { type BuildProcess, startBuild } from './build-process.ts';
import { type FileState, isBinary, readStamp, readState } from './file-state.ts';
import { listSources } from './source-folder.ts';

/**
 * Maximum number of runs in a row that were caused only by files that builds changed. More than a save during a build needs,
 * and the end of a loop of builds that overwrite their own sources.
 */
const mostUnprompted = 5;

/** A longer run is reported, in milliseconds, since nothing is served until the first one has ended. */
const noticeMs = 3000;

/** A file that only builds have changed, at least this many times, is an output. */
const timesOfOutput = 3;

/** One command may serve several functions. */
export interface BuildCommand {
  /** Runs it if a source has changed since its last run began. Resolves with what went wrong, or undefined. Never rejects. */
  upToDate(): Promise<string | undefined>;
  /** Whether a file is a known output, or a folder contains one: such a change is not an edit. */
  isOutput(path: string): boolean;
}

interface BuildCommandsOptions {
  readonly clock: Clock;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly onNotice: (message: string) => void;
  /** Each line that a command prints. */
  readonly onLine?: ((command: string, line: string) => void) | undefined;
}

interface Command {
  readonly words: readonly [string, ...string[]];
  readonly folder: string;
  /** Why it must run: an edit, or a build that changed a file that may be a source. */
  due: 'start' | 'edit' | 'build' | undefined;
  failure: string | undefined;
  unprompted: number;
  /** The run that was requested but has not begun. */
  next: Promise<string | undefined> | undefined;
}

interface Change {
  readonly path: string;
  /** Undefined if the file did not exist. */
  readonly before: FileState | undefined;
  readonly state: FileState | undefined;
}

export class BuildCommands {
  readonly #options: BuildCommandsOptions;
  readonly #commands: Command[] = [];
  /** All files of the folders as last seen, before and after each run. */
  readonly #files = new Map<string, FileState>();
  readonly #folders = new Set<string>();
  /** Files that changed while no build ran. */
  readonly #edited = new Set<string>();
  readonly #outputs = new Set<string>();
  /** How often builds changed a file that is neither edited nor a known output. */
  readonly #times = new Map<string, number>();
  #turn: Promise<unknown> = Promise.resolve();
  #running: BuildProcess | undefined;
  #closed = false;

  constructor(options: BuildCommandsOptions) {
    this.#options = options;
  }

  /** The command with these words in this folder, shared by all functions that have it. */
  of(words: readonly [string, ...string[]], folder: string): BuildCommand {
    const isSame = (one: Command) => one.folder === folder && one.words.join('\0') === words.join('\0');
    let command = this.#commands.find(isSame);
    if (!command) {
      command = { words, folder, due: 'start', failure: undefined, unprompted: 0, next: undefined };
      this.#commands.push(command);
    }
    const found = command;
    return {
      upToDate: () => this.#upToDate(found),
      isOutput: (path) => [...this.#outputs].some((output) => output === path || dirname(output) === path),
    };
  }

  /** Each command runs when it is asked for next, whatever has changed. */
  rebuild(): void {
    for (const command of this.#commands) command.due ??= 'edit';
  }

  /** Ends a run; no further one begins. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#running?.kill();
    await this.#turn;
  }

  #upToDate(command: Command): Promise<string | undefined> {
    command.next ??= this.#turn.then(async () => {
      command.next = undefined;
      await this.#runIfDue(command);
      return command.failure;
    });
    this.#turn = command.next;
    return command.next;
  }

  async #runIfDue(command: Command): Promise<void> {
    if (this.#closed) return;
    const isNew = !this.#folders.has(command.folder);
    this.#folders.add(command.folder);
    const edited = this.#look(command.folder);
    // A folder that is looked at for the first time counts only as far as another command's folder contains it.
    const known = isNew ? edited.filter(({ before }) => before) : edited;
    if (known.length > 0) this.#noteEdits(known);
    const { due } = command;
    if (due === undefined) return;
    command.due = undefined;
    if (due === 'build') command.unprompted++;
    await this.#run(command);
    const fresh = this.#look(command.folder).filter(({ path, before }) => !this.#isOutput(path, before, due));
    for (const { path } of fresh) this.#markDue(path, 'build');
  }

  async #run(command: Command): Promise<void> {
    const { clock, env = process.env, onLine } = this.#options;
    const { words, folder } = command;
    const title = words.join(' ');
    const { onNotice } = this.#options;
    const patience = clock.after(noticeMs, () =>
      onNotice(
        `\`${title}\` is still running in ${folder}; what it builds is served once it ends, which a command that watches files by itself never does`,
      ),
    );
    try {
      const tell = (line: string) => onLine?.(title, line);
      this.#running = startBuild({ command: words, folder, env, clock, onLine: tell });
      command.failure = await this.#running.failure;
    } finally {
      patience.cancel();
      this.#running = undefined;
    }
  }

  /** Files of a folder whose content differs from when it was last looked at. */
  #look(folder: string): readonly Change[] {
    const changed: Change[] = [];
    const paths = listSources([folder], { withIgnored: true });
    for (const path of paths) {
      const before = this.#files.get(path);
      if (before && readStamp(path) === before.stamp) continue;
      const state = readState(path);
      if (state.digest === before?.digest) this.#files.set(path, state);
      // A folder changes with its files, which are counted themselves.
      else if (state.kind === 'file' || before) changed.push({ path, before, state });
    }
    for (const [path, before] of this.#files) {
      if (isIn(folder, path) && !paths.has(path)) changed.push({ path, before, state: undefined });
    }
    for (const { path, state } of changed) {
      if (state?.kind === 'file') this.#files.set(path, state);
      else this.#files.delete(path);
    }
    return changed;
  }

  #noteEdits(edits: readonly Change[]): void {
    for (const command of this.#commands) command.unprompted = 0;
    for (const { path } of edits) {
      this.#edited.add(path);
      this.#outputs.delete(path);
      this.#markDue(path, 'edit');
    }
  }

  /** Whether a file that changed during a run is the build's output, rather than a source saved in the meantime. */
  #isOutput(path: string, before: FileState | undefined, due: Command['due']): boolean {
    if (this.#outputs.has(path)) return true;
    if (this.#edited.has(path)) return false;
    const times = (this.#times.get(path) ?? 0) + 1;
    this.#times.set(path, times);
    // A file created during a first or repeated build most likely comes from that build.
    const isCreated = before === undefined && due !== 'edit';
    if (!isCreated && times < timesOfOutput && !isBinary(path)) return false;
    this.#outputs.add(path);
    return true;
  }

  #markDue(path: string, due: 'edit' | 'build'): void {
    for (const command of this.#commands) {
      if (!isIn(command.folder, path)) continue;
      if (due === 'build' && command.unprompted >= mostUnprompted) {
        this.#options.onNotice(
          `\`${command.words.join(' ')}\` is not run again, since builds keep changing ${relative(command.folder, path)}. It runs after the next save.`,
        );
      } else if (command.due !== 'start' && command.due !== 'edit') command.due = due;
    }
  }
}

function isIn(folder: string, path: string): boolean {
  return path.startsWith(folder + sep);
}
