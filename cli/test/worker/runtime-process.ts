// One Runtime API and one Node runtime client at it, started as the embedded cloud starts a Lambda.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Outcome } from '../../src/worker/contract.ts';
import type { Dispatched, RuntimeInvocation } from '../../src/worker/runtime-api/dispatcher.ts';
import { type RuntimeApi, startRuntimeApi } from '../../src/worker/runtime-api/runtime-api.ts';
import { handlersFolder } from './built-runtime.ts';

export interface RuntimeProcessOptions {
  readonly runtimeFile: string;
  readonly handler: string;
  readonly command?: readonly string[];
  readonly runtime?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly taskRoot?: string;
}

export class RuntimeProcess {
  readonly api: RuntimeApi;
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  stdout = '';
  stderr = '';
  #count = 0;

  static async start(options: RuntimeProcessOptions): Promise<RuntimeProcess> {
    const api = await startRuntimeApi();
    const [program = process.execPath, ...args] = options.command ?? [
      process.execPath,
      '--enable-source-maps',
    ];
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(program, [...args, options.runtimeFile], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH,
        HOME,
        AWS_LAMBDA_RUNTIME_API: api.address,
        AWS_EXECUTION_ENV: `AWS_Lambda_${options.runtime ?? 'nodejs22.x'}`,
        LAMBDA_TASK_ROOT: options.taskRoot ?? handlersFolder,
        _HANDLER: options.handler,
        ...options.env,
      },
    });
    return new RuntimeProcess(api, child);
  }

  private constructor(api: RuntimeApi, child: ChildProcess) {
    this.api = api;
    this.child = child;
    child.stdout?.on('data', (chunk) => {
      this.stdout += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
    this.exited = once(child, 'close').then(([code]) => code as number | null);
  }

  dispatch(
    event: unknown,
    more: Partial<
      Pick<RuntimeInvocation, 'clientContext' | 'cognitoIdentity' | 'tenantId' | 'responseSink'>
    > = {},
  ): Promise<Dispatched> {
    this.#count += 1;
    return this.api.dispatch({
      id: `request-${this.#count}`,
      event: Buffer.from(JSON.stringify(event)),
      deadlineMs: Date.now() + 5000,
      invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:probe',
      traceId: `Root=1-trace-${this.#count}`,
      ...more,
    });
  }

  /** The parsed answer, or the error as `{ errorType, errorMessage, trace }`. */
  async invoke(event: unknown = {}, more: Parameters<RuntimeProcess['dispatch']>[1] = {}): Promise<unknown> {
    return parsed((await this.dispatch(event, more)).outcome);
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
    await this.api.close();
  }
}

export function parsed(outcome: Outcome): unknown {
  return JSON.parse(Buffer.from(outcome.ok ? outcome.body : outcome.error.body).toString());
}
