// One running livectl with `--format json`, and its events as they come.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { SessionEvent } from '../cli/src/session/session-event.ts';
import { livectlFile } from './repository.ts';

type EventName = SessionEvent['event'];
type EventOf<N extends EventName> = Extract<SessionEvent, { event: N }>;

/** Bound on each wait for an event or the end, in milliseconds: far above what a slow machine needs. */
const boundMs = 20_000;

export class LivectlProcess {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  readonly #exited: Promise<unknown>;
  #stderr = '';

  /**
   * Starts a command, by default `serve`, with the flags; `tempDir` becomes its TMPDIR. `on` is a command that replaces itself with the one that
   * follows it, e.g. in a network namespace; `env` overrides this process's own variables.
   */
  constructor(
    flags: readonly string[],
    tempDir: string,
    {
      command = 'serve',
      env = {},
      on = [],
    }: {
      readonly command?: string;
      readonly env?: Readonly<Record<string, string>>;
      readonly on?: readonly string[];
    } = {},
  ) {
    const words = [...on, process.execPath, livectlFile, command, '--format', 'json', ...flags];
    const [program = '', ...args] = words;
    this.#child = spawn(program, args, {
      env: { ...process.env, ...env, TMPDIR: tempDir },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as SessionEvent;
      for (const listener of this.#listeners) listener(event);
    });
    this.#exited = once(this.#child, 'exit');
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('livectl did not start');
    return this.#child.pid;
  }

  /** Calls `listener` for every event from now on; returns a function that removes it. */
  listen(listener: (event: SessionEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The next event of that name. Rejects when livectl ends first or the bound is reached. */
  async next<N extends EventName>(name: N): Promise<EventOf<N>> {
    let stopListening: () => void = () => undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<EventOf<N>>((resolve, reject) => {
        const fail = (what: string) => reject(new Error(`${what}\n${this.#stderr}`.trim()));
        stopListening = this.listen((event) => {
          if (event.event === name) resolve(event as EventOf<N>);
        });
        timer = setTimeout(() => fail(`livectl sent no ${name} within ${boundMs} ms`), boundMs);
        this.#exited.then(() => fail(`livectl ended before ${name}`), reject);
      });
    } finally {
      stopListening();
      clearTimeout(timer);
    }
  }

  /** Sends Ctrl-C; kills the process if that doesn't end it within the bound. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), boundMs);
    this.#child.kill('SIGINT');
    await this.#exited;
    clearTimeout(timer);
  }

  /** Ends it at once, with the workers it started; for a bench that is interrupted. */
  kill(): void {
    // Like a second Ctrl-C: livectl waits for nothing and leaves nothing behind. Two of one kind might arrive as one.
    this.#child.kill('SIGINT');
    this.#child.kill('SIGTERM');
  }
}
