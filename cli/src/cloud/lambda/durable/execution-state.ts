// Durable functions: the operations of one execution, and the rules by which a checkpoint changes them.
import { randomUUID } from 'node:crypto';
import { invalidParameter } from '../../aws-api/aws-error.ts';
import { durableLimits } from '../../aws-api/aws-limits.ts';
import { type ErrorObject, hasEnded, type Operation, type OperationUpdate } from './operation.ts';

/** How an execution ended, as the function reports it with an EXECUTION operation. */
export type ReportedEnd = { readonly result: string } | { readonly error: ErrorObject };

/** The valid actions of each type of operation. */
const actions: Readonly<Record<OperationUpdate['Type'], readonly OperationUpdate['Action'][]>> = {
  CALLBACK: ['START'],
  CHAINED_INVOKE: ['START'],
  CONTEXT: ['START', 'SUCCEED', 'FAIL'],
  EXECUTION: ['SUCCEED', 'FAIL'],
  STEP: ['START', 'SUCCEED', 'FAIL', 'RETRY'],
  WAIT: ['START', 'CANCEL'],
};

/** One execution's operations, in the order they were started. Times are milliseconds since the epoch. */
export class ExecutionState {
  readonly #operations = new Map<string, Operation>();
  /** Ids of operations that changed since the function last saw them. */
  readonly #changed = new Set<string>();
  #bytes: number;
  /** The result or error that the function reported with a checkpoint. */
  reportedEnd: ReportedEnd | undefined;

  /** `input` is the JSON text the execution was started with. */
  constructor(input: string, now: number) {
    this.#bytes = Buffer.byteLength(input);
    const id = randomUUID();
    const base = { parentId: undefined, name: undefined, subType: undefined };
    this.#operations.set(id, {
      id,
      type: 'EXECUTION',
      ...base,
      startedAt: now,
      status: 'STARTED',
      result: input,
    });
  }

  /** All operations; the execution itself is the first. */
  get operations(): readonly Operation[] {
    return [...this.#operations.values()];
  }

  /** The operations that the function waits for; without one, it cannot be continued later. */
  get pending(): readonly Operation[] {
    return this.operations.filter(
      (operation) =>
        !hasEnded(operation) &&
        (operation.status === 'PENDING' || ['CALLBACK', 'CHAINED_INVOKE', 'WAIT'].includes(operation.type)),
    );
  }

  /** Whether something has happened that the function has not seen. */
  get hasNews(): boolean {
    return this.#changed.size > 0;
  }

  /** The operations that changed since the last call. */
  takeChanged(): readonly Operation[] {
    const changed = this.operations.filter(({ id }) => this.#changed.has(id));
    this.#changed.clear();
    return changed;
  }

  /**
   * Applies a checkpoint completely or not at all, and returns the operations that it started. Throws an AwsError for what AWS
   * refuses: an invalid action, or more than an execution may hold.
   */
  checkpoint(updates: readonly OperationUpdate[], now: number): readonly Operation[] {
    for (const update of updates) this.#check(update);
    const bytes = updates.reduce((sum, { Payload }) => sum + Buffer.byteLength(Payload ?? ''), 0);
    const started = updates.filter(({ Id }) => !this.#operations.has(Id)).length;
    if (this.#operations.size + started > durableLimits.operations) {
      throw invalidParameter(`An execution has at most ${durableLimits.operations} operations`);
    }
    if (this.#bytes + bytes > durableLimits.stateBytes) {
      throw invalidParameter(
        `The payloads of an execution have at most ${durableLimits.stateBytes} bytes in the local cloud`,
      );
    }
    this.#bytes += bytes;
    return updates.flatMap((update) => {
      const isNew = !this.#operations.has(update.Id);
      const operation = this.#apply(update, now);
      return isNew && operation ? [operation] : [];
    });
  }

  /** Ends an operation from outside: a timer, a callback, an invoked function. */
  end(operation: Operation, end: Pick<Operation, 'status' | 'result' | 'error'>, now: number): void {
    Object.assign(operation, end, { endedAt: now });
    this.#changed.add(operation.id);
  }

  /** A step may be retried now. */
  makeReady(operation: Operation): void {
    operation.status = 'READY';
    operation.dueAt = undefined;
    this.#changed.add(operation.id);
  }

  #check({ Id, Type, Action, Payload, ChainedInvokeOptions }: OperationUpdate): void {
    if (!actions[Type].includes(Action))
      throw invalidParameter(`Invalid action ${Action} for an operation of type ${Type}`);
    const known = this.#operations.get(Id);
    if (known && known.type !== Type)
      throw invalidParameter(`Operation ${Id} is of type ${known.type}, not ${Type}`);
    if (known && hasEnded(known))
      throw invalidParameter(`Operation ${Id} has ended already: ${known.status}`);
    if (Type === 'CHAINED_INVOKE' && !ChainedInvokeOptions)
      throw invalidParameter('FunctionName of the invoke is missing');
    const limit = Type === 'EXECUTION' ? durableLimits.resultBytes : durableLimits.payloadBytes;
    if (Buffer.byteLength(Payload ?? '') > limit) {
      throw invalidParameter(`The payload of operation ${Id} is larger than ${limit} bytes`);
    }
  }

  #apply(update: OperationUpdate, now: number): Operation | undefined {
    const { Action, Error: given, Payload, Type } = update;
    const error = given ?? undefined;
    if (Type === 'EXECUTION') {
      this.reportedEnd = Action === 'FAIL' ? { error: error ?? {} } : { result: Payload ?? 'null' };
      return undefined;
    }
    const operation = this.#operations.get(update.Id) ?? newOperation(update, now);
    this.#operations.set(operation.id, operation);
    this.#changed.add(operation.id);
    if (Action === 'SUCCEED') this.end(operation, { status: 'SUCCEEDED', result: Payload ?? undefined }, now);
    else if (Action === 'FAIL') this.end(operation, { status: 'FAILED', error }, now);
    else if (Action === 'CANCEL') this.end(operation, { status: 'CANCELLED' }, now);
    else if (Action === 'RETRY') {
      operation.status = 'PENDING';
      operation.attempt = (operation.attempt ?? 0) + 1;
      operation.dueAt = now + (update.StepOptions?.NextAttemptDelaySeconds ?? 0) * 1000;
      operation.error = error;
      // The state of a `waitForCondition`.
      operation.result = Payload ?? undefined;
    } else start(operation, update, now);
    if (update.ContextOptions?.ReplayChildren) operation.replayChildren = true;
    return operation;
  }
}

function newOperation({ Id, Name, ParentId, SubType, Type }: OperationUpdate, now: number): Operation {
  return {
    id: Id,
    type: Type,
    parentId: ParentId ?? undefined,
    name: Name ?? undefined,
    subType: SubType ?? undefined,
    startedAt: now,
    status: 'STARTED',
  };
}

function start(operation: Operation, update: OperationUpdate, now: number): void {
  operation.status = 'STARTED';
  operation.dueAt = undefined;
  if (update.Type === 'WAIT') operation.dueAt = now + (update.WaitOptions?.WaitSeconds ?? 0) * 1000;
  if (update.Type !== 'CALLBACK') return;
  const { TimeoutSeconds, HeartbeatTimeoutSeconds } = update.CallbackOptions ?? {};
  operation.callbackId ??= randomUUID();
  operation.heartbeatSeconds = HeartbeatTimeoutSeconds || undefined;
  if (HeartbeatTimeoutSeconds) operation.heartbeatAt = now + HeartbeatTimeoutSeconds * 1000;
  // 0: without a time-out.
  operation.dueAt = TimeoutSeconds ? now + TimeoutSeconds * 1000 : undefined;
}
