// A shell in which documented commands run as they are written: `livectl` is the built file, a stage is an embedded cloud,
// and a server stays until the next one begins.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cloud } from '../../src/cloud/cloud.ts';
import { startCloud } from '../../src/cloud/start-cloud.ts';
import { loadManifest } from '../../src/manifest/load-manifest.ts';
import { developerEnvironment } from '../e2e/developer-environment.ts';
import { repository } from '../e2e/livectl-process.ts';

/** Above what a slow machine needs, below a hung run. */
const boundMs = 60_000;

interface Stage {
  readonly cloud: Cloud;
  readonly environment: Readonly<Record<string, string>>;
}

interface Server {
  readonly child: ChildProcess;
  readonly command: string;
  output: string;
}

export class DocumentedShell {
  /** Holds `examples`, the Makefile, and what a scenario adds. */
  readonly root: string;
  /** Below `root`; `cd` moves it. */
  folder: string;
  readonly #bin: string;
  readonly #state: string;
  readonly #stages = new Map<string, Stage>();
  #server: Server | undefined;

  constructor(folder: string) {
    this.root = mkdtempSync(join(tmpdir(), 'livectl-documented-'));
    this.folder = join(this.root, folder);
    this.#bin = join(this.root, '.bin');
    this.#state = join(this.root, '.state');
    for (const made of [this.#bin, this.#state]) mkdirSync(made, { mode: 0o700 });
    const notSource = /\/(node_modules|\.terraform|cdktf\.out|\.livectl)$/;
    cpSync(join(repository, 'examples'), join(this.root, 'examples'), {
      recursive: true,
      filter: (path) => !notSource.test(path),
    });
    // Packages and the built file are found as in a clone.
    for (const name of ['dist', 'node_modules']) symlinkSync(join(repository, name), join(this.root, name));
    this.#terraform({});
    this.#program('livectl', `exec '${process.execPath}' '${join(repository, 'dist/livectl.mjs')}' "$@"`);
  }

  write(path: string, text: string): void {
    const file = join(this.root, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
  }

  /** Runs a command to its end, or a server until it is ready. Rejects with all it said when it fails. */
  async run(command: string): Promise<string> {
    const moved = /^cd (\S+)$/.exec(command)?.[1];
    if (moved !== undefined) {
      this.folder = join(this.folder, moved);
      if (!existsSync(this.folder)) throw new Error(`there is no ${moved}`);
      return '';
    }
    if (/^(livectl|node dist\/livectl\.mjs) (serve|cloud)( |$)/.test(command)) return this.#serve(command);
    return this.#toItsEnd(command);
  }

  async close(): Promise<void> {
    await this.#stopServer();
    for (const { cloud } of this.#stages.values()) await cloud.close();
    rmSync(this.root, { recursive: true, force: true });
  }

  #program(name: string, body: string): void {
    writeFileSync(join(this.#bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }

  /** A `terraform` that knows outputs: applies are for the tests of the module, which name what they run. */
  #terraform(outputs: Readonly<Record<string, string>>): void {
    const known = { client_config: 'remote vpn.example 443\n<ca>\nx\n</ca>', ...outputs };
    const cases = Object.entries(known).map(([name, value]) => `'output -raw ${name}') echo '${value}';;`);
    const other = '*) echo "no test of the module runs: terraform $*" >&2; exit 1;;';
    this.#program('terraform', `case "$*" in\n${[...cases, other].join('\n')}\nesac`);
  }

  async #serve(command: string): Promise<string> {
    await this.#stopServer();
    // Port 3000 may be taken on this machine; the address is read from what livectl prints.
    const hasPort = command.includes('--local') || command.startsWith('livectl cloud');
    const anyPort = hasPort && !command.includes('--port') ? ' --port 0' : '';
    const child = spawn('bash', ['-c', `exec ${command}${anyPort}`], {
      cwd: this.folder,
      env: await this.#environment(command),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const server: Server = { child, command, output: '' };
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      const fail = (what: string) => reject(new Error(`${command} ${what}\n${server.output}`));
      const timer = setTimeout(() => fail('is not ready'), boundMs);
      const hear = (text: Buffer) => {
        server.output += text.toString('utf8');
        // In either format; the blank line ends the head with the addresses.
        if (/"event":"ready".*\n|\bready in [^\n]+\n\n[\s\S]*?\n\n/.test(server.output)) {
          clearTimeout(timer);
          resolve();
        }
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('exit', (code) => {
        clearTimeout(timer);
        fail(`ended with ${code} before it was ready`);
      });
    });
    return server.output;
  }

  async #stopServer(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const { child, command } = server;
    const closed = child.exitCode === null ? once(child, 'exit') : Promise.resolve([child.exitCode]);
    child.kill('SIGINT');
    const [code] = await closed;
    if (code !== 0) throw new Error(`${command} ended with ${code} after Ctrl-C\n${server.output}`);
  }

  async #toItsEnd(command: string): Promise<string> {
    const env = await this.#environment(command);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(this.#server?.output ?? '')?.[0];
    const there = url ? command.replaceAll('http://127.0.0.1:3000', url) : command;
    // A page of an error is no success.
    const failing = there.replace(/^curl /, 'curl --silent --show-error --fail-with-body ');
    const options = { cwd: this.folder, env, timeout: boundMs };
    return new Promise((resolve, reject) => {
      execFile('bash', ['-eo', 'pipefail', '-c', failing], options, (error, stdout, stderr) => {
        if (error)
          reject(
            new Error(`${command}: ${error.message}\n${stdout}${stderr}\n${this.#server?.output ?? ''}`),
          );
        else resolve(stdout);
      });
    });
  }

  /** A command that names a stage gets it; so does what follows, as in a terminal. */
  async #environment(command: string): Promise<Record<string, string>> {
    const isCloud = command.startsWith('livectl cloud');
    // It is one itself.
    const name = isCloud ? undefined : /--stage (\S+)/.exec(command)?.[1];
    const last = isCloud ? undefined : [...this.#stages.values()].at(-1);
    const stage = name === undefined ? last : await this.#stage(name);
    return {
      PATH: `${this.#bin}:${process.env.PATH}`,
      HOME: this.root,
      TMPDIR: this.#state,
      XDG_STATE_HOME: this.#state,
      ...(process.env.GOCACHE ? { GOCACHE: process.env.GOCACHE } : {}),
      ...(stage?.environment ?? {}),
    };
  }

  /** What Terraform would have deployed from the folder's livectl.json, with a `terraform` that knows its outputs. */
  async #stage(name: string): Promise<Stage> {
    const key = `${name} of ${this.folder}`;
    const known = this.#stages.get(key);
    if (known) {
      // The one used last counts for what follows.
      this.#stages.delete(key);
      this.#stages.set(key, known);
      return known;
    }
    const tempDir = mkdtempSync(join(this.#state, 'cloud-'));
    const text = readFileSync(join(this.folder, 'livectl.json'), 'utf8');
    const config = join(tempDir, 'livectl.json');
    // As examples/fan-out/main.tf has the stage's own topic in place of the local cloud's.
    writeFileSync(config, text.replaceAll('live-debug-local-', `live-debug-${name}-`));
    const { functions, texts } = await loadManifest({ root: this.folder, config });
    const cloud = await startCloud({
      functions,
      manifest: texts,
      port: 0,
      stage: name,
      stubZip: readFileSync(join(repository, 'dist/stub.zip')),
      nodeRuntimeFile: join(repository, 'dist/node-runtime.mjs'),
      tempDir,
      onEvent: () => undefined,
    });
    const [[first = '', url = ''] = []] = cloud.functionUrls;
    this.#terraform({ url, function_name: first });
    const stage: Stage = { cloud, environment: developerEnvironment(cloud) };
    this.#stages.set(key, stage);
    return stage;
  }
}
