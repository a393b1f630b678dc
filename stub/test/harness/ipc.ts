// What the test and the process that plays Lambda say to each other.

/** From the test; events are JSON text, as the Runtime API gives them. */
export type ToRuntime =
  | { readonly do: 'invoke'; readonly event: string; readonly context: RuntimeContext }
  | { readonly do: 'advance'; readonly ms: number }
  /** Lambda's response stream takes one more write, and then one for each of these. */
  | { readonly do: 'hold' }
  | { readonly do: 'take' }
  | { readonly do: 'release' };

export interface RuntimeContext {
  readonly awsRequestId: string;
  readonly invokedFunctionArn: string;
  /** When the invocation began, and the time it was given, in milliseconds. */
  readonly timeoutMs: number;
  /** JSON text. */
  readonly clientContext?: string;
  readonly tenantId?: string;
}

/** From the process. `timer`: the manual clock was given one of this delay. */
export type FromRuntime =
  | { readonly is: 'ready' }
  | { readonly is: 'init-error'; readonly error: ReportedError }
  | { readonly is: 'timer'; readonly ms: number }
  /** Bytes, base64, that reached Lambda's response stream. */
  | { readonly is: 'streamed'; readonly bytes: string }
  | ({ readonly is: 'outcome' } & Outcome);

export type Outcome =
  /** `contentType`: of a response that was streamed; `text` is empty then. */
  | { readonly ok: true; readonly text: string; readonly contentType?: string }
  | { readonly ok: false; readonly error: ReportedError };

/** What Lambda's Node runtime reports of a thrown error. */
export interface ReportedError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}
