// What the test and the process that plays Lambda say to each other.

/** From the test. */
export type ToRuntime =
  | { readonly do: 'invoke'; readonly event: unknown; readonly context: RuntimeContext }
  | { readonly do: 'advance'; readonly ms: number };

export interface RuntimeContext {
  readonly awsRequestId: string;
  readonly invokedFunctionArn: string;
  /** When the invocation began, and the time it was given, in milliseconds. */
  readonly timeoutMs: number;
  readonly clientContext?: unknown;
}

/** From the process. `timer`: the manual clock was given one of this delay. */
export type FromRuntime =
  | { readonly is: 'ready' }
  | { readonly is: 'init-error'; readonly error: ReportedError }
  | { readonly is: 'timer'; readonly ms: number }
  | ({ readonly is: 'outcome' } & Outcome);

export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: ReportedError };

/** What Lambda's Node runtime reports of a thrown error. */
export interface ReportedError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}
