// Durable functions: the operations of one execution in AWS's API, and their wire format.
// https://docs.aws.amazon.com/lambda/latest/api/API_CheckpointDurableExecution.html
import * as v from 'valibot';

const text = v.nullish(v.string());
const yearSeconds = 366 * 24 * 60 * 60;
const seconds = v.nullish(v.pipe(v.number(), v.minValue(0), v.maxValue(yearSeconds)));

export const errorObject = v.object({
  ErrorData: text,
  ErrorMessage: text,
  ErrorType: text,
  StackTrace: v.nullish(v.array(v.string())),
});

/** An error as the SDKs for durable functions report it. */
export type ErrorObject = v.InferOutput<typeof errorObject>;

/** One change that a durable function reports with a checkpoint. */
export const operationUpdate = v.object({
  Id: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  ParentId: text,
  Name: text,
  Type: v.picklist(['CALLBACK', 'CHAINED_INVOKE', 'CONTEXT', 'EXECUTION', 'STEP', 'WAIT']),
  SubType: text,
  Action: v.picklist(['CANCEL', 'FAIL', 'RETRY', 'START', 'SUCCEED']),
  Payload: text,
  Error: v.nullish(errorObject),
  ContextOptions: v.nullish(v.object({ ReplayChildren: v.nullish(v.boolean()) })),
  StepOptions: v.nullish(v.object({ NextAttemptDelaySeconds: seconds })),
  WaitOptions: v.nullish(v.object({ WaitSeconds: seconds })),
  CallbackOptions: v.nullish(v.object({ TimeoutSeconds: seconds, HeartbeatTimeoutSeconds: seconds })),
  ChainedInvokeOptions: v.nullish(v.object({ FunctionName: v.pipe(v.string(), v.minLength(1)) })),
});
export type OperationUpdate = v.InferOutput<typeof operationUpdate>;

export type OperationStatus =
  | 'STARTED'
  | 'PENDING'
  | 'READY'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'CANCELLED'
  | 'TIMED_OUT'
  | 'STOPPED';

/** Times are milliseconds since the epoch. */
export interface Operation {
  readonly id: string;
  readonly type: OperationUpdate['Type'];
  readonly parentId: string | undefined;
  readonly name: string | undefined;
  readonly subType: string | undefined;
  readonly startedAt: number;
  endedAt?: number;
  status: OperationStatus;
  /** For a STEP: number of ended attempts. */
  attempt?: number;
  /** When a STEP is retried, a WAIT ends, or a CALLBACK times out. */
  dueAt?: number | undefined;
  callbackId?: string;
  heartbeatSeconds?: number | undefined;
  /** When the CALLBACK times out unless a heartbeat comes before. */
  heartbeatAt?: number | undefined;
  replayChildren?: boolean;
  result?: string | undefined;
  error?: ErrorObject | undefined;
}

/** Whether it is in a final state. */
export function hasEnded({ status }: Operation): boolean {
  return !['STARTED', 'PENDING', 'READY'].includes(status);
}

/**
 * AWS's wire format. `time` formats milliseconds since the epoch: as ISO 8601 in an event, as seconds since the epoch in an
 * answer of the API.
 */
export function wireOperation(operation: Operation, time: (ms: number) => string | number): object {
  const { type, result, error, dueAt } = operation;
  const outcome = { ...(result !== undefined && { Result: result }), ...(error && { Error: error }) };
  const due = dueAt === undefined ? undefined : time(dueAt);
  const details: Record<OperationUpdate['Type'], object> = {
    CALLBACK: { CallbackDetails: { CallbackId: operation.callbackId, ...outcome } },
    CHAINED_INVOKE: { ChainedInvokeDetails: outcome },
    CONTEXT: {
      ContextDetails: { ...outcome, ...(operation.replayChildren && { ReplayChildren: true }) },
    },
    EXECUTION: { ExecutionDetails: { InputPayload: result } },
    STEP: {
      StepDetails: {
        Attempt: operation.attempt ?? 0,
        ...(due !== undefined && { NextAttemptTimestamp: due }),
        ...outcome,
      },
    },
    WAIT: { WaitDetails: due === undefined ? {} : { ScheduledEndTimestamp: due } },
  };
  return {
    Id: operation.id,
    ...(operation.parentId !== undefined && { ParentId: operation.parentId }),
    ...(operation.name !== undefined && { Name: operation.name }),
    Type: type,
    ...(operation.subType !== undefined && { SubType: operation.subType }),
    StartTimestamp: time(operation.startedAt),
    ...(operation.endedAt !== undefined && { EndTimestamp: time(operation.endedAt) }),
    Status: operation.status,
    ...details[type],
  };
}
