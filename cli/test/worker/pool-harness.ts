// A worker pool on real processes, with its events recorded and awaited; closed when the test ends.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type {
  FunctionCode,
  Invocation,
  Runner,
  WorkerEvent,
  WorkerPool,
  WorkerResult,
} from '../../src/worker/contract.ts';
import { createWorkerPool, type WorkerPoolOptions } from '../../src/worker/pool/pool.ts';
import { handlersFolder, pythonRuntimeFile } from './built-runtime.ts';
import { parsed } from './runtime-process.ts';

export class PoolHarness {
  readonly pool: WorkerPool;
  readonly events: WorkerEvent[] = [];
  #waiting: (() => void)[] = [];
  #count = 0;
  #builds = 0;
  readonly #clock: WorkerPoolOptions['clock'];

  constructor(runtimeFile: string, options: Partial<WorkerPoolOptions> = {}) {
    this.#clock = options.clock;
    this.pool = createWorkerPool({
      nodeRuntimeFile: runtimeFile,
      pythonRuntimeFile,
      ...options,
      onEvent: (event) => {
        this.events.push(event);
        for (const wake of this.#waiting.splice(0)) wake();
      },
    });
    onTestFinished(() => this.pool.close());
  }

  /** Serves a fixture, e.g. `echo.mjs`, or another runner, as the function of that name. */
  use(functionName: string, runner: string | Runner, more: Partial<FunctionCode> = {}): FunctionCode {
    this.#builds += 1;
    const code: FunctionCode = {
      functionName,
      build: this.#builds,
      runner:
        typeof runner === 'string'
          ? { kind: 'node', moduleFile: join(handlersFolder, runner), exportPath: 'handler' }
          : runner,
      taskRoot: handlersFolder,
      handler: 'index.handler',
      runtime: 'nodejs22.x',
      ...more,
    };
    this.pool.use(code);
    return code;
  }

  invocation(functionName: string, event: unknown = {}, more: Partial<Invocation> = {}): Invocation {
    this.#count += 1;
    return {
      key: `run-${this.#count}`,
      id: `request-${this.#count}`,
      functionName,
      instance: 'instance-1',
      event: Buffer.from(JSON.stringify(event)),
      deadlineMs: (this.#clock?.now() ?? Date.now()) + 20_000,
      timeoutSeconds: 3,
      invokedFunctionArn: `arn:aws:lambda:eu-central-1:123456789012:function:${functionName}`,
      environment: { AWS_ACCESS_KEY_ID: 'key-of-the-role' },
      ...more,
    };
  }

  run(functionName: string, event: unknown = {}, more: Partial<Invocation> = {}): Promise<WorkerResult> {
    return this.pool.run(this.invocation(functionName, event, more));
  }

  /** Runs one invocation and parses its answer or error. */
  async answer(functionName: string, event: unknown = {}, more: Partial<Invocation> = {}): Promise<unknown> {
    return parsed((await this.run(functionName, event, more)).outcome);
  }

  /** Resolves with the first event, past or to come, that matches. */
  async event<E extends WorkerEvent>(matches: (event: WorkerEvent) => event is E): Promise<E>;
  async event(matches: (event: WorkerEvent) => boolean): Promise<WorkerEvent>;
  async event(matches: (event: WorkerEvent) => boolean): Promise<WorkerEvent> {
    for (;;) {
      const found = this.events.find(matches);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  ofType<T extends WorkerEvent['type']>(type: T): Extract<WorkerEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<WorkerEvent, { type: T }> => event.type === type);
  }

  messages(id?: string): string[] {
    return this.ofType('log')
      .filter((line) => id === undefined || line.id === id)
      .map(({ message }) => message);
  }
}

/** Whether a process is there; a zombie counts as gone. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // It has gone meanwhile, or this system has no such file.
    return process.platform !== 'linux';
  }
}
