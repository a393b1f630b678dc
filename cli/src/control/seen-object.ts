// An invocation that was seen on this machine, as `--format json` of commands gives it.

/** What is read of it. */
export interface SeenEvents {
  readonly invoke: { readonly id: string; readonly function: string; readonly trigger: string };
  readonly logs: readonly { readonly level: string; readonly message: string }[];
  /** Undefined while it runs. */
  readonly result: object | undefined;
}

/** `result` is absent while it runs. */
export function invocationObject({ invoke, logs, result }: SeenEvents): object {
  const {
    event: _event,
    function: _function,
    id: _id,
    ...rest
  } = { event: '', function: '', id: '', ...result };
  return {
    id: invoke.id,
    trigger: invoke.trigger,
    logs: logs.map(({ level, message }) => ({ level, message })),
    ...(result === undefined ? {} : { result: rest }),
  };
}
