// [5] The store that AWS's package @aws/lambda-invoke-store finds in the global `awslambda`, as in nodejs24: loggers, tracers
// and the SDK read the current invocation from it.

const keys = {
  requestId: Symbol.for('_AWS_LAMBDA_REQUEST_ID'),
  traceId: Symbol.for('_AWS_LAMBDA_X_RAY_TRACE_ID'),
  tenantId: Symbol.for('_AWS_LAMBDA_TENANT_ID'),
  traceparent: Symbol.for('_AWS_LAMBDA_TRACEPARENT'),
  tracestate: Symbol.for('_AWS_LAMBDA_TRACESTATE'),
  baggage: Symbol.for('_AWS_LAMBDA_BAGGAGE'),
} as const;
const ours = new Set<unknown>(Object.values(keys));

type Context = Record<string | symbol, unknown>;

/** The package's class for one invocation at a time, with its names. */
export class InvokeStore {
  #context: Context | undefined;

  /** Discards what a handler set for the previous invocation. */
  begin(fields: Partial<Record<keyof typeof keys, string | undefined>>): void {
    const named = Object.entries(fields) as [keyof typeof keys, string | undefined][];
    this.#context = Object.fromEntries(named.map(([name, value]) => [keys[name], value]));
  }

  getContext(): Context | undefined {
    return this.#context;
  }

  hasContext(): boolean {
    return this.#context !== undefined;
  }

  get(key: string | symbol): unknown {
    return this.#context?.[key];
  }

  /** @throws Error for fields set by Lambda */
  set(key: string | symbol, value: unknown): void {
    if (this.isProtectedKey(key)) {
      throw new Error(`Cannot modify protected Lambda context field: ${String(key)}`);
    }
    this.#context ??= {};
    this.#context[key] = value;
  }

  run<T>(context: Context, call: () => T): T {
    this.#context = context;
    return call();
  }

  isProtectedKey(key: string | symbol): boolean {
    return ours.has(key);
  }

  getRequestId(): unknown {
    return this.get(keys.requestId) ?? '-';
  }

  getXRayTraceId(): unknown {
    return this.get(keys.traceId);
  }

  getTenantId(): unknown {
    return this.get(keys.tenantId);
  }

  getTraceparent(): unknown {
    return this.get(keys.traceparent);
  }

  getTracestate(): unknown {
    return this.get(keys.tracestate);
  }

  getBaggage(): unknown {
    return this.get(keys.baggage);
  }
}
