// Everything one measurement starts and writes, removed at its end, however it ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { LivectlProcess } from './livectl-process.ts';

/** A livectl that is ready, and where it answers. */
export interface Served {
  readonly livectl: LivectlProcess;
  /** Base URL of the HTTP front. */
  readonly url: string;
}

/** How long a helper server may take to print its port, in milliseconds. */
const helperBoundMs = 20_000;

export class Workspace {
  readonly #tempDir = mkdtempSync(join(tmpdir(), 'livectl-bench-'));
  readonly #livectls: LivectlProcess[] = [];
  readonly #helpers: ChildProcess[] = [];
  readonly #closers: (() => void)[] = [];
  #folders = 0;

  /** A new folder with the given files, relative path to content. */
  folder(files: Readonly<Record<string, string>> = {}): string {
    this.#folders += 1;
    const folder = join(this.#tempDir, `folder-${this.#folders}`);
    mkdirSync(folder);
    for (const [path, content] of Object.entries(files)) {
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    return folder;
  }

  /** Starts livectl on a project folder and waits until it is ready. */
  async serve(root: string, flags: readonly string[] = []): Promise<Served> {
    const livectl = new LivectlProcess(['--local', '--port', '0', '--root', root, ...flags], this.#tempDir);
    this.#livectls.push(livectl);
    const { url } = await livectl.next('ready');
    if (url === undefined) throw new Error('livectl is ready without a url');
    return { livectl, url };
  }

  /** Starts one of the bench's own servers, which prints its port and ends with its standard input. */
  async startHelper(script: string, args: readonly string[] = []): Promise<string> {
    const child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#helpers.push(child);
    const lines = createInterface({ input: child.stdout });
    const timer = setTimeout(() => child.kill('SIGKILL'), helperBoundMs);
    try {
      for await (const line of lines) {
        // Others print a banner first.
        if (line.startsWith('{')) return `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}`;
      }
      throw new Error(`${script} ended, or printed no port within ${helperBoundMs} ms`);
    } finally {
      clearTimeout(timer);
      child.stdout.resume();
    }
  }

  /** Runs `close` at the end. */
  defer(close: () => void): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closers) close();
    const ends = this.#helpers
      .filter(({ exitCode }) => exitCode === null)
      .map((child) => once(child, 'exit'));
    for (const helper of this.#helpers) helper.stdin?.end();
    await Promise.all([...ends, ...this.#livectls.map((livectl) => livectl.stop())]);
    rmSync(this.#tempDir, { recursive: true, force: true });
  }

  /** In an emergency: ends everything and waits for nothing. */
  abandon(): void {
    for (const livectl of this.#livectls) livectl.kill();
    for (const helper of this.#helpers) helper.kill('SIGKILL');
    rmSync(this.#tempDir, { recursive: true, force: true });
  }
}
