// One instance of a function: its runtime in a process of its own, wrapped or not, at a Runtime API of the test's.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RecordingRuntimeApi } from './recording-runtime-api.ts';

export const repository = fileURLToPath(new URL('../../../..', import.meta.url));

/** The layer as the build unpacks it, and livectl's Node.js runtime client in place of Lambda's. */
export const layerFolder = join(repository, 'dist/wrapper');
export const runtimeFile = join(repository, 'dist/node-runtime.mjs');

export interface InstanceOptions {
  readonly api: RecordingRuntimeApi;
  /** The runtime's command; default: livectl's client. */
  readonly command?: readonly string[];
  /** The folder whose `live-debug` wraps it; undefined: it runs as it is. */
  readonly layer?: string | undefined;
  readonly taskRoot: string;
  readonly handler: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** The runtime gets a pipe for its log, as Lambda's own do. */
  readonly framesLog?: boolean;
}

/** What Lambda sets of a function's own variables, whatever the test's process has. */
const lambdas = {
  AWS_LAMBDA_FUNCTION_NAME: 'live-hello',
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
  AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/live-hello',
  AWS_LAMBDA_LOG_STREAM_NAME: '2026/01/01/[$LATEST]0',
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  LANG: 'en_US.UTF-8',
  TZ: ':UTC',
};

export class Instance {
  readonly child: ChildProcess;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>;
  stdout = '';
  stderr = '';
  /** What came through the pipe for the log. */
  frames = Buffer.alloc(0);
  readonly #watchers = new Set<() => void>();

  constructor({ api, command, environment, framesLog, handler, layer, taskRoot }: InstanceOptions) {
    const { HOME = '', PATH = '' } = process.env;
    const words = command ?? [process.execPath, runtimeFile];
    const [program = '', ...args] = layer === undefined ? words : [join(layer, 'live-debug'), ...words];
    this.child = spawn(program, args, {
      cwd: taskRoot,
      stdio: ['ignore', 'pipe', 'pipe', ...(framesLog ? (['pipe'] as const) : [])],
      env: {
        HOME,
        PATH,
        ...lambdas,
        AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x',
        AWS_LAMBDA_RUNTIME_API: api.address,
        LAMBDA_TASK_ROOT: taskRoot,
        _HANDLER: handler,
        ...(layer === undefined ? {} : { AWS_LAMBDA_EXEC_WRAPPER: join(layer, 'live-debug') }),
        ...(framesLog ? { _LAMBDA_TELEMETRY_LOG_FD: '3' } : {}),
        ...environment,
      },
    });
    this.child.stdio[3]?.on('data', (part: Buffer) => {
      this.frames = Buffer.concat([this.frames, part]);
    });
    const keep = (name: 'stdout' | 'stderr') => (part: Buffer) => {
      this[name] += part;
      for (const look of [...this.#watchers]) look();
    };
    this.child.stdout?.on('data', keep('stdout'));
    this.child.stderr?.on('data', keep('stderr'));
    this.ended = new Promise((resolve) =>
      this.child.once('close', (code, signal) => resolve(code ?? signal)),
    );
  }

  /** Resolves when this was written to stdout. */
  untilOutput(words: string): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!this.stdout.includes(words)) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** livectl's own lines in the log. */
  get ownLines(): Record<string, unknown>[] {
    const lines = this.stdout.split('\n').filter((line) => line.startsWith('{"liveDebug"'));
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** As Lambda freezes an instance and lets it go on: all its processes. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    const { pid = 0 } = this.child;
    const others = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    for (const each of [pid, ...others]) process.kill(Number(each), name);
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
