// A worker pool that answers when it is told, by the contract that the session knows.
import {
  type FunctionCode,
  functionError,
  type Invocation,
  type Outcome,
  type WorkerPool,
  type WorkerResult,
} from '../../src/worker/contract.ts';
import { Recorder } from './recorder.ts';

/** An invocation that runs until the test ends it. */
export class PendingRun {
  readonly invocation: Invocation;
  readonly result: Promise<WorkerResult>;
  /** Resolves the run as a whole; once. */
  readonly finish: (result: WorkerResult) => void;

  constructor(invocation: Invocation) {
    this.invocation = invocation;
    let finish: (result: WorkerResult) => void = () => undefined;
    this.result = new Promise((resolve) => {
      finish = resolve;
    });
    this.finish = finish;
  }

  answer(body: string | Uint8Array, more: Partial<WorkerResult> = {}): void {
    this.#end({ ok: true, body: Buffer.from(body), contentType: 'application/json' }, more);
  }

  fail(errorType: string, errorMessage: string, trace: readonly string[] = []): void {
    this.#end({ ok: false, error: functionError(errorType, errorMessage, trace) });
  }

  #end(outcome: Outcome, more: Partial<WorkerResult> = {}): void {
    this.finish({ outcome, codeMs: 1, initMs: 0, waitMs: 0, logsDrained: Promise.resolve(), ...more });
  }
}

export class FakePool implements WorkerPool {
  readonly runs = new Recorder<PendingRun>();
  readonly cancelled: string[] = [];
  readonly used: FunctionCode[] = [];
  /** Called within `run`, e.g. to answer at once. */
  onRun: (run: PendingRun) => void = () => undefined;

  use(code: FunctionCode): void {
    this.used.push(code);
  }

  run(invocation: Invocation): Promise<WorkerResult> {
    const run = new PendingRun(invocation);
    this.onRun(run);
    this.runs.add(run);
    return run.result;
  }

  cancel(key: string): void {
    for (const run of this.runs.all) {
      if (run.invocation.key !== key) continue;
      this.cancelled.push(run.invocation.id);
      run.fail('Sandbox.Timedout', 'Task timed out after 3.00 seconds');
    }
  }

  wasRunning(): boolean {
    return false;
  }

  environment: Invocation['environment'] | undefined;

  restart(): void {}

  environmentOf(): Invocation['environment'] | undefined {
    return this.environment;
  }

  pids(): readonly number[] {
    return [];
  }

  async close(): Promise<void> {}
}

/** A good build of a function. */
export function code(functionName: string, build = 1): FunctionCode {
  return {
    functionName,
    build,
    runner: { kind: 'command', command: ['true'] },
    taskRoot: '/task',
    handler: 'app.handler',
    runtime: 'nodejs20.x',
  };
}
