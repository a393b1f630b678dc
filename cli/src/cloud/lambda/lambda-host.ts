// The Lambda host: runs deployed functions, both stubs and wrapped ones, one invocation per instance at a time, and scales out up
// to a limit.
import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock, Timer } from '../../../../protocol/clock.ts';
import { errorName, LiveDebugError, messageOf } from '../../../../protocol/live-debug-error.ts';
import { functionError, type Outcome, type ResponseSink } from '../../worker/contract.ts';
import { keptWarm } from '../../worker/pool/kept-warm.ts';
import { functionArn } from '../aws-api/access.ts';
import type { CloudFunction, StubFailure } from '../cloud.ts';
import { type InstanceProgram, type Job, LambdaInstance } from './lambda-instance.ts';
import { type StubPlace, stubEnvironment } from './stub-environment.ts';
import { newTrace } from './trace.ts';
import type { WrappedFunction } from './wrapped-function.ts';

/**
 * How long an unused instance stays, in milliseconds; AWS does not document it, but is in this range. The last used instance of
 * each recently used function stays longer, as its worker does.
 */
const keepWarmMs = 5 * 60_000;

export interface HostOptions {
  readonly functions: readonly CloudFunction[];
  /** The unpacked stub; the same for all functions that it replaces. */
  readonly taskRoot: string;
  readonly command: readonly [string, ...string[]];
  /** What a wrapped function runs; undefined if the stub replaces it. */
  readonly wrapped?: (
    deployed: WrappedFunction,
    logStreamName: string,
  ) => Promise<InstanceProgram | undefined>;
  /** The environment of a stub's process; default: {@link stubEnvironment}. */
  readonly stubEnvironmentOf?: (deployed: CloudFunction, logStreamName: string) => Record<string, string>;
  /** Of a stub's process; see {@link InstanceProgram}. */
  readonly admit?: InstanceProgram['admit'];
  /** Maximum number of instances at once, for all functions. */
  readonly maxInstances: number;
  readonly place: StubPlace;
  /** In seconds. */
  readonly timeoutOf: (deployed: CloudFunction) => number;
  readonly clock: Clock;
  readonly onLog: (functionName: string, message: string) => void;
  readonly onFailed: (functionName: string, failure: StubFailure) => void;
}

export interface InvokeOptions {
  /** AWS request id; a new one by default. */
  readonly id?: string;
  /** JSON text. */
  readonly clientContext?: string | undefined;
  /** Receives a streamed response as it is written. */
  readonly responseSink?: ResponseSink | undefined;
  /** X-Ray header; by default that of a new chain. */
  readonly traceId?: string;
  /** The version or alias that is called, which the function sees in its ARN; the code is the same for all. */
  readonly qualifier?: string | undefined;
}

interface Waiting {
  readonly functionName: string;
  readonly job: Job;
  readonly done: (outcome: Outcome) => void;
}

export class LambdaHost {
  readonly #options: HostOptions;
  readonly #functions: ReadonlyMap<string, CloudFunction>;
  /** First come, first served. */
  #queue: Waiting[] = [];
  /** Instances that have not ended. */
  readonly #instances = new Set<LambdaInstance>();
  /** Names of wrapped functions whose code is being prepared; they count as starting instances. */
  readonly #preparing: string[] = [];
  /** Resolve when their processes are gone. */
  readonly #living = new Set<Promise<void>>();
  #assigning = false;
  #reaper: Timer | undefined;
  #closed = false;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#functions = new Map(options.functions.map((each) => [each.name, each]));
  }

  has(functionName: string): boolean {
    return this.#functions.has(functionName);
  }

  /** Number of instances, including starting ones. */
  get instanceCount(): number {
    return this.#instances.size + this.#preparing.length;
  }

  /** Rejects only for a function that is not deployed, and after `close`; anything else is an outcome. */
  async invoke(functionName: string, event: Uint8Array, options: InvokeOptions = {}): Promise<Outcome> {
    if (this.#closed) throw new LiveDebugError('LD_STOPPED', 'The local cloud has stopped');
    if (!this.#functions.has(functionName)) {
      const names = [...this.#functions.keys()].join(', ');
      throw new LiveDebugError('LD_CONFIG', `No function named ${functionName} is deployed`, {
        remedy: `The functions of this stage are: ${names}.`,
      });
    }
    const job: Job = {
      id: options.id ?? randomUUID(),
      event,
      invokedFunctionArn: functionArn(functionName, options.qualifier),
      traceId: options.traceId ?? newTrace(this.#options.clock.now()),
      clientContext: options.clientContext,
      responseSink: options.responseSink,
    };
    return new Promise((done) => {
      this.#queue.push({ functionName, job, done });
      this.#assign();
    });
  }

  /** Ends every process; waiting and running invocations fail with `LiveDebugStoppedError`. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#reaper?.cancel();
    const stopped = functionError(
      errorName('LD_STOPPED'),
      'The local cloud stopped before the function answered',
    );
    for (const { done } of this.#queue) done({ ok: false, error: stopped });
    this.#queue = [];
    for (const instance of [...this.#instances]) instance.end(stopped);
    await Promise.all(this.#living);
  }

  /** Gives each waiting invocation an instance: an idle one, a starting one, or a new one if there is room. */
  #assign(): void {
    // Making room ends instances, each of which calls this again.
    if (this.#assigning) return;
    this.#assigning = true;
    const onTheWay = new Map<string, number>();
    for (const { isStarting, functionName } of this.#instances) {
      if (isStarting) onTheWay.set(functionName, (onTheWay.get(functionName) ?? 0) + 1);
    }
    for (const name of this.#preparing) onTheWay.set(name, (onTheWay.get(name) ?? 0) + 1);
    this.#queue = this.#queue.filter((waiting) => {
      const { functionName } = waiting;
      const idle = this.#idle((instance) => instance.functionName === functionName).at(-1);
      if (idle) {
        void this.#run(idle, waiting);
        return false;
      }
      const coming = onTheWay.get(functionName) ?? 0;
      if (coming > 0) onTheWay.set(functionName, coming - 1);
      else if (this.#makePlace(functionName)) void this.#start(waiting);
      return true;
    });
    this.#assigning = false;
  }

  async #run(instance: LambdaInstance, { job, done }: Waiting): Promise<void> {
    done(await instance.run(job));
    this.#assign();
  }

  async #start({ functionName, job }: Waiting): Promise<void> {
    const deployed = this.#functions.get(functionName);
    if (!deployed) return;
    const { timeoutOf, clock, onLog, onFailed } = this.#options;
    const program = isWrapped(deployed) ? await this.#prepare(deployed) : this.#stub(deployed);
    if (!program || this.#closed) return this.#assign();
    const instance = new LambdaInstance(
      {
        ...program,
        functionName,
        timeoutSeconds: timeoutOf(deployed),
        clock,
        onLog: (message) => onLog(functionName, message),
        onFailed: (failure) => onFailed(functionName, failure),
        onEnded: (ended) => {
          this.#instances.delete(ended);
          this.#assign();
        },
      },
      job.id,
    );
    this.#instances.add(instance);
    this.#living.add(instance.gone);
    void instance.gone.then(() => this.#living.delete(instance.gone));
    this.#reaper ??= this.#nextReaping();
    const error = await instance.initialised;
    if (error) this.#failOldest(functionName, { ok: false, error });
    this.#assign();
  }

  #stub(deployed: CloudFunction): InstanceProgram {
    const { admit, command, taskRoot, place, clock, stubEnvironmentOf } = this.#options;
    const name = logStreamName(clock.now());
    const environment = stubEnvironmentOf?.(deployed, name) ?? stubEnvironment(deployed, place, name);
    return { command, taskRoot, environment, hasToken: true, admit };
  }

  /** Undefined if it cannot be started; waiting invocations have been answered then. */
  async #prepare(deployed: WrappedFunction): Promise<InstanceProgram | undefined> {
    const { clock, wrapped } = this.#options;
    this.#preparing.push(deployed.name);
    try {
      return (await wrapped?.(deployed, logStreamName(clock.now()))) ?? this.#stub(deployed);
    } catch (error) {
      const failed = functionError('Runtime.InvalidEntrypoint', messageOf(error));
      this.#failOldest(deployed.name, { ok: false, error: failed });
      return undefined;
    } finally {
      this.#preparing.splice(this.#preparing.indexOf(deployed.name), 1);
    }
  }

  #failOldest(functionName: string, outcome: Outcome): void {
    const index = this.#queue.findIndex((waiting) => waiting.functionName === functionName);
    const [waiting] = index < 0 ? [] : this.#queue.splice(index, 1);
    waiting?.done(outcome);
  }

  /** Whether one more may start; if necessary, ends the least recently used idle instance of another function. */
  #makePlace(functionName: string): boolean {
    if (this.#closed) return false;
    if (this.instanceCount < this.#options.maxInstances) return true;
    const [oldest] = this.#idle((instance) => instance.functionName !== functionName);
    oldest?.end(functionError(errorName('LD_STOPPED'), 'Another function needed the place'));
    return oldest !== undefined;
  }

  /** Idle instances, the least recently used first. */
  #idle(wanted: (instance: LambdaInstance) => boolean): LambdaInstance[] {
    return [...this.#instances]
      .filter((instance) => instance.isIdle && wanted(instance))
      .sort((a, b) => a.lastUsedAt - b.lastUsedAt);
  }

  /** Instances that keep their functions warm; if one is working, it is that one. */
  #kept(): ReadonlySet<LambdaInstance> {
    const now = this.#options.clock.now();
    const all = [...this.#instances].map((instance) => {
      const { functionName, isIdle, lastUsedAt } = instance;
      // The stub is small and the same for all, so the limit on their number also limits their memory.
      return { instance, functionName, lastUsed: isIdle ? lastUsedAt : now + 1, bytes: 0 };
    });
    return new Set(keptWarm(all).map(({ instance }) => instance));
  }

  /** One timer for all instances: ends those unused for long, and runs again while there are any. */
  #nextReaping(): Timer {
    return this.#options.clock.after(
      keepWarmMs,
      () => {
        const before = this.#options.clock.now() - keepWarmMs;
        const kept = this.#kept();
        for (const instance of this.#idle((each) => each.lastUsedAt <= before && !kept.has(each))) {
          instance.end(functionError(errorName('LD_STOPPED'), 'Unused for five minutes'));
        }
        this.#reaper = this.#instances.size > 0 ? this.#nextReaping() : undefined;
      },
      { background: true },
    );
  }
}

function isWrapped(deployed: CloudFunction): deployed is WrappedFunction {
  return deployed.wrap !== undefined;
}

/** Lambda's form, e.g. `2026/01/31/[$LATEST]0123456789abcdef0123456789abcdef`. */
function logStreamName(now: number): string {
  const day = new Date(now).toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/[$LATEST]${randomBytes(16).toString('hex')}`;
}
