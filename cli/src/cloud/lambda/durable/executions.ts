// Durable functions: all executions of a stage. Functions with `durable_config` are invoked through these.
import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '../../../../../protocol/clock.ts';
import type { Outcome } from '../../../worker/contract.ts';
import { functionArn } from '../../aws-api/access.ts';
import { AwsError, CloudFullError, invalidParameter } from '../../aws-api/aws-error.ts';
import { durableLimits } from '../../aws-api/aws-limits.ts';
import type { CloudEvent, CloudFunction } from '../../cloud.ts';
import { qualifiedName } from '../function-name.ts';
import type { InvokeOptions, LambdaHost } from '../lambda-host.ts';
import { Execution } from './execution.ts';
import type { Operation } from './operation.ts';

export interface DurableOptions {
  readonly functions: readonly CloudFunction[];
  readonly host: Pick<LambdaHost, 'has' | 'invoke'>;
  readonly clock: Clock;
  readonly onEvent: (event: CloudEvent) => void;
}

export interface StartOptions {
  /** The version or alias that was called, e.g. `$LATEST`, `1` or `live`; AWS has no default for these functions. */
  readonly qualifier: string | undefined;
  /** Starting one with the same name and input again returns the existing one. */
  readonly name?: string | undefined;
}

/** AWS's form of a version's or execution's name. */
const namePattern = /^[a-zA-Z0-9-_]{1,64}$/;

export class DurableExecutions {
  readonly #options: DurableOptions;
  readonly #functions: ReadonlyMap<string, CloudFunction>;
  /** By ARN, oldest first. */
  readonly #executions = new Map<string, Execution>();

  constructor(options: DurableOptions) {
    this.#options = options;
    this.#functions = new Map(options.functions.map((each) => [each.name, each]));
  }

  /** Whether invoking this function starts an execution. */
  has(functionName: string): boolean {
    return this.#functions.get(functionName)?.durable !== undefined;
  }

  /**
   * Invokes a function of the stage: a durable one through an execution, from its start to its end, any other directly. For event
   * sources, which name the function's `qualifier`.
   */
  async invoke(functionName: string, event: Uint8Array, options: InvokeOptions = {}): Promise<Outcome> {
    const { qualifier = this.#functions.get(functionName)?.qualifier } = options;
    return this.#invokeAs(functionName, event, { ...options, qualifier });
  }

  async #invokeAs(functionName: string, event: Uint8Array, options: InvokeOptions): Promise<Outcome> {
    if (!this.has(functionName)) return this.#options.host.invoke(functionName, event, options);
    const { qualifier = '$LATEST' } = options;
    return this.start(functionName, Buffer.from(event).toString(), { qualifier }).ended;
  }

  /** Starts an execution with this JSON text. Throws an AwsError for what AWS refuses, and a CloudFullError for too many. */
  start(functionName: string, input: string, { qualifier, name }: StartOptions): Execution {
    if (qualifier === undefined) {
      const words = `You cannot invoke a durable function using an unqualified ARN; use ${functionName}:$LATEST`;
      throw invalidParameter(words);
    }
    if (name !== undefined && !namePattern.test(name)) {
      throw new AwsError(
        'InvalidParameterValueException',
        `Invalid execution name; it must match ${namePattern}`,
      );
    }
    const version = /^\d+$/.test(qualifier) ? qualifier : '$LATEST';
    const executionName = name ?? randomUUID();
    const id = name === undefined ? randomUUID() : idOf(functionName, name);
    const arn = `${functionArn(functionName)}:${version}/durable-execution/${executionName}/${id}`;
    const known = this.#executions.get(arn);
    if (known) {
      if (known.options.input === input) return known;
      throw new AwsError(
        'DurableExecutionAlreadyStartedException',
        `Execution ${executionName} exists already`,
        {
          status: 409,
        },
      );
    }
    this.#makePlace();
    const { clock, host, onEvent } = this.#options;
    const execution = new Execution({
      arn,
      name: executionName,
      input,
      timeoutSeconds:
        this.#functions.get(functionName)?.durable?.executionTimeout ?? durableLimits.executionSeconds,
      clock,
      invoke: (event) => host.invoke(functionName, event, { qualifier }),
      onRetry: ({ errorMessage, errorType }, attempt, delayMs) =>
        onEvent({
          type: 'retry',
          source: 'lambda',
          resource: functionName,
          functionName,
          id: executionName,
          attempt,
          attempts: durableLimits.retryDelaysMs.length + 1,
          delayMs,
          reason: `${errorType}: ${errorMessage}`,
        }),
      invokeOther: (target, event) => {
        const { name: other, qualifier: version } = qualifiedName(target);
        return this.#invokeAs(other, event, version === undefined ? {} : { qualifier: version });
      },
    });
    this.#executions.set(arn, execution);
    return execution;
  }

  /** Undefined for an unknown ARN, and for an execution that ended long ago. */
  get(arn: string): Execution | undefined {
    return this.#executions.get(arn);
  }

  /** The execution and its operation that wait for this callback. */
  callback(callbackId: string): { readonly execution: Execution; readonly operation: Operation } | undefined {
    for (const execution of this.#executions.values()) {
      const operation = execution.callback(callbackId);
      if (operation) return { execution, operation };
    }
    return undefined;
  }

  /** Ends all running executions. */
  close(): void {
    for (const execution of this.#executions.values()) {
      execution.stop({ ErrorType: 'LiveDebugStoppedError', ErrorMessage: 'The local cloud stopped' });
    }
  }

  #makePlace(): void {
    const ended = [...this.#executions].filter(([, { isRunning }]) => !isRunning);
    for (const [arn] of ended.slice(0, Math.max(0, ended.length + 1 - durableLimits.endedExecutions))) {
      this.#executions.delete(arn);
    }
    if (this.#executions.size < durableLimits.executions) return;
    throw new CloudFullError(`${durableLimits.executions} durable executions run in the local cloud`);
  }
}

/** Equal for equal names, so that a second start finds the first. */
function idOf(functionName: string, name: string): string {
  return createHash('sha256').update(`${functionName}/${name}`).digest('hex').slice(0, 32);
}
