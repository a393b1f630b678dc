// Spawns the built dist/livectl.mjs as users do, under Node or Deno, and reads its events.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { SessionEvent } from '../../src/session/session-event.ts';

export const repository = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const bundle = join(repository, 'dist', 'livectl.mjs');

export type JsRuntime = 'node' | 'deno';

const commands: Record<JsRuntime, readonly [string, ...string[]]> = {
  node: [process.execPath, bundle],
  deno: [join(repository, 'node_modules', '.bin', 'deno'), 'run', '--allow-all', '--no-config', bundle],
};

type EventName = SessionEvent['event'];
type EventOf<N extends EventName> = Extract<SessionEvent, { event: N }>;

/** Every wait of a test: far above what a slow machine needs, far below a hung run. */
const boundMs = 20_000;

/** One running livectl. */
export class Livectl {
  readonly child: ChildProcess;
  /** A temporary folder of this process's own: what is left there was left behind. */
  readonly tempDir: string;
  readonly events: SessionEvent[] = [];
  stdout = '';
  stderr = '';
  /** Resolves with the exit code, or the signal's name. */
  readonly exited: Promise<number | string>;
  readonly #waiters = new Set<() => void>();
  readonly #group: boolean;

  /**
   * `on` says where the command runs, e.g. in a network namespace; `program` is run by Node in the place of the built file. With
   * `group` it leads a group, which gets the signals, as at a terminal: what starts livectl may not pass them on.
   */
  constructor(
    args: readonly string[],
    options: {
      runtime?: JsRuntime;
      program?: string;
      env?: Record<string, string>;
      cwd?: string;
      on?: (command: readonly string[]) => readonly string[];
      group?: boolean;
    } = {},
  ) {
    const built = commands[options.runtime ?? 'node'];
    const command = [...(options.program ? [process.execPath, options.program] : built), ...args];
    const [program = '', ...rest] = options.on?.(command) ?? command;
    this.tempDir = mkdtempSync(join(tmpdir(), 'livectl-e2e-'));
    const XDG_STATE_HOME = join(this.tempDir, 'state');
    const folders = { TMPDIR: this.tempDir, XDG_STATE_HOME, XDG_RUNTIME_DIR: '' };
    const env = { ...process.env, NO_COLOR: '', FORCE_COLOR: undefined, ...folders, ...options.env };
    const { cwd, group: detached = false } = options;
    this.#group = detached;
    this.child = spawn(program, rest, { env, cwd, detached, stdio: ['ignore', 'pipe', 'pipe'] });
    const { stdout, stderr } = this.child;
    if (!stdout || !stderr) throw new Error('no pipes');
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    const lines = createInterface({ input: stdout });
    // Elsewhere a line of this kind is a function's answer.
    const eventIn = args.includes('json') ? eventOf : (line: string) => JSON.parse(line) as SessionEvent;
    lines.on('line', (line) => {
      this.stdout += `${line}\n`;
      if (line.startsWith('{')) this.events.push(eventIn(line));
      this.#wake();
    });
    // `close` comes after the last line was read.
    this.exited = once(this.child, 'close').then(([code, signal]) => {
      this.#wake();
      return (code as number | null) ?? String(signal);
    });
  }

  /** The next event of that name past the first `skip`, also one that has come already. */
  async event<N extends EventName>(
    name: N,
    matches: (event: EventOf<N>) => boolean = () => true,
  ): Promise<EventOf<N>> {
    const find = () => this.events.find((event) => event.event === name && matches(event as EventOf<N>));
    await this.until(() => find() !== undefined, `event ${name}`);
    return find() as EventOf<N>;
  }

  /** Waits until `condition` holds, looked at whenever a line arrives. */
  async until(condition: () => boolean, what: string): Promise<void> {
    if (condition()) return;
    let wake: () => void = () => undefined;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no ${what} within ${boundMs} ms\n${this.stdout}\n${this.stderr}`)),
        boundMs,
      );
      wake = () => {
        if (!condition()) {
          if (this.child.exitCode === null && this.child.signalCode === null) return;
          reject(new Error(`livectl ended before ${what}\n${this.stdout}\n${this.stderr}`));
        } else resolve();
        clearTimeout(timer);
      };
      this.#waiters.add(wake);
    }).finally(() => this.#waiters.delete(wake));
  }

  /** Base URL of the HTTP front, once ready. */
  async url(): Promise<string> {
    const { url } = await this.event('ready');
    if (url === undefined) throw new Error('ready without a url');
    return url;
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number | string> {
    this.#signal(signal);
    return this.exited;
  }

  /** Ends it whatever state it is in, and removes its temporary folder. */
  async dispose(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.#signal('SIGTERM');
    await this.exited;
    rmSync(this.tempDir, { recursive: true, force: true });
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#group && this.child.pid !== undefined) process.kill(-this.child.pid, signal);
    else this.child.kill(signal);
  }

  /** Where it keeps what goes with it, where no other place was named. */
  get runFolder(): string {
    return join(this.tempDir, 'state', 'livectl', 'run');
  }

  /** Names of what is in its temporary folders. */
  leftBehind(): string[] {
    const shared = readdirSync(this.tempDir).filter((name) => name.startsWith('livectl-'));
    return [...shared, ...(existsSync(this.runFolder) ? readdirSync(this.runFolder) : [])];
  }

  #wake(): void {
    for (const wake of [...this.#waiters]) wake();
  }
}

/** Without `time`, which every event must have as its last field, so that tests compare what they are about. */
function eventOf(line: string): SessionEvent {
  const { time, ...event } = JSON.parse(line) as SessionEvent & { readonly time?: string };
  if (time === undefined || !line.endsWith(`,"time":"${time}"}`) || new Date(time).toISOString() !== time)
    throw new Error(`no time, or not as the last field: ${line}`);
  return event as SessionEvent;
}

/** What a livectl that ends by itself said. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs livectl to its end, `input` on its stdin. */
export async function runLivectl(
  args: readonly string[],
  options: {
    readonly runtime?: JsRuntime;
    readonly env?: Record<string, string>;
    readonly input?: string | Buffer;
    readonly cwd?: string;
    /** As for {@link Livectl}. */
    readonly on?: (command: readonly string[]) => readonly string[];
  } = {},
): Promise<Ran> {
  const { cwd, input = '', on, runtime = 'node' } = options;
  const command = [...commands[runtime], ...args];
  const [program = '', ...rest] = on?.(command) ?? command;
  const env = { ...process.env, NO_COLOR: '', FORCE_COLOR: undefined, XDG_RUNTIME_DIR: '', ...options.env };
  const child = spawn(program, rest, { env, stdio: 'pipe', ...(cwd ? { cwd } : {}) });
  const bound = setTimeout(() => child.kill('SIGKILL'), boundMs);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(bound);
  return { code, stdout, stderr };
}

/** A project folder with the given files, relative path to content. */
export function project(files: Readonly<Record<string, string>>): { readonly root: string; remove(): void } {
  const root = mkdtempSync(join(tmpdir(), 'livectl-project-'));
  for (const [path, content] of Object.entries(files)) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** A copy of an example, to be edited. */
export function copyOfExample(name: string): { readonly root: string; remove(): void } {
  const copy = project({});
  cpSync(join(repository, 'examples', name), copy.root, { recursive: true });
  return copy;
}
