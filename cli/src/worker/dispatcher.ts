// [5] Whose turn it is between a Runtime API and its process: the init phase, the open `next`, the invocation in flight.
import type { ServerResponse } from 'node:http';
import { type FunctionError, functionError, type Invocation, type Outcome } from './invocation.ts';
import { invocationHeaders } from './invocation-headers.ts';

/** What a runtime process is told of an invocation; an {@link Invocation} is one. */
export type RuntimeInvocation = Pick<
  Invocation,
  | 'id'
  | 'event'
  | 'deadlineMs'
  | 'invokedFunctionArn'
  | 'traceId'
  | 'clientContext'
  | 'cognitoIdentity'
  | 'tenantId'
  | 'responseSink'
>;

/** How one dispatch went. */
export interface Dispatched {
  readonly outcome: Outcome;
  /** From handing the event over until the answer's last byte, in milliseconds; 0 when it was never handed over. */
  readonly codeMs: number;
  /** False when the process ended before it took the event: nothing has run. */
  readonly handedOver: boolean;
}

/** How the init phase ended: with the first `next`, or with an error. */
export type Initialised = { readonly ok: true } | { readonly ok: false; readonly error: FunctionError };

interface InFlight {
  readonly invocation: RuntimeInvocation;
  readonly done: (dispatched: Dispatched) => void;
  /** `performance.now()` when it was handed over. */
  handedOver: number | undefined;
  /** The connection of its response was cut before the response's end. */
  brokenOff: boolean;
}

/** The type is Lambda's; its words for it are nowhere documented. */
const truncated = functionError(
  'Runtime.TruncatedResponse',
  'The runtime broke its response off before its end',
);

export class Dispatcher {
  /** Resolves when the init phase ends; never rejects. */
  readonly initialised: Promise<Initialised>;
  readonly #nextHeaders: () => Readonly<Record<string, string>>;
  #settleInit: (result: Initialised) => void = () => {};
  #initialising = true;
  /** The runtime's open `next`. */
  #waiting: ServerResponse | undefined;
  #inFlight: InFlight | undefined;
  #failure: FunctionError | undefined;

  /** `nextHeaders` gives further headers of an answer to `next`. */
  constructor(nextHeaders: () => Readonly<Record<string, string>> = () => ({})) {
    this.#nextHeaders = nextHeaders;
    this.initialised = new Promise((resolve) => {
      this.#settleInit = resolve;
    });
  }

  get initialising(): boolean {
    return this.#initialising;
  }

  /** The runtime has asked for an invocation, and there is none. */
  get waits(): boolean {
    return this.#waiting !== undefined && this.#inFlight === undefined;
  }

  /** Hands over one invocation as soon as the runtime asks for it; see `RuntimeApi`. */
  dispatch(invocation: RuntimeInvocation): Promise<Dispatched> {
    if (this.#inFlight !== undefined)
      throw new Error(`Invocation ${this.#inFlight.invocation.id} is still in flight`);
    if (this.#failure !== undefined) {
      const outcome = { ok: false, error: this.#failure } as const;
      return Promise.resolve({ outcome, codeMs: 0, handedOver: false });
    }
    return new Promise<Dispatched>((done) => {
      this.#inFlight = { invocation, done, handedOver: undefined, brokenOff: false };
      this.#handOver();
    });
  }

  /** The runtime asks for its next invocation: it is answered when there is one. */
  next(response: ServerResponse): void {
    this.#endInit({ ok: true });
    // A runtime has one open `next`; a second one means that it gave up on the first.
    this.#waiting?.destroy();
    this.#waiting = response;
    response.once('close', () => {
      if (this.#waiting === response) this.#waiting = undefined;
    });
    this.#endBrokenOff();
    this.#handOver();
  }

  /** The connection on which this one was being answered was cut. */
  breakOff(invocation: RuntimeInvocation): void {
    if (this.#inFlight?.invocation !== invocation) return;
    this.#inFlight.brokenOff = true;
    this.#endBrokenOff();
  }

  /** The invocation that a runtime names, while it has it. */
  named(id: string): RuntimeInvocation | undefined {
    if (this.#inFlight?.handedOver === undefined) return undefined;
    const { invocation } = this.#inFlight;
    return id === invocation.id || id === encodeURIComponent(invocation.id) ? invocation : undefined;
  }

  /** Whether this one is still waited for. */
  isInFlight(invocation: RuntimeInvocation): boolean {
    return this.#inFlight?.invocation === invocation;
  }

  /** The invocation in flight, where there is one, ends so. */
  finish(outcome: Outcome): void {
    const ended = this.#inFlight;
    if (ended === undefined) return;
    this.#inFlight = undefined;
    const { handedOver } = ended;
    const codeMs = handedOver === undefined ? 0 : performance.now() - handedOver;
    ended.done({ outcome, codeMs, handedOver: handedOver !== undefined });
  }

  /** The init phase or the invocation in flight, and all later ones, end with this. */
  fail(error: FunctionError): void {
    this.#failure ??= error;
    this.#endInit({ ok: false, error });
    this.finish({ ok: false, error });
  }

  #endInit(result: Initialised): void {
    this.#initialising = false;
    this.#settleInit(result);
  }

  /** A process that ends says so in its own words; one that asks for more has given up on its response. */
  #endBrokenOff(): void {
    if (this.#waiting !== undefined && this.#inFlight?.brokenOff)
      this.finish({ ok: false, error: truncated });
  }

  #handOver(): void {
    const response = this.#waiting;
    if (response === undefined || this.#inFlight === undefined || this.#inFlight.handedOver !== undefined)
      return;
    this.#waiting = undefined;
    const { invocation } = this.#inFlight;
    this.#inFlight.handedOver = performance.now();
    response.writeHead(200, { ...invocationHeaders(invocation), ...this.#nextHeaders() });
    response.end(invocation.event);
  }
}
