// [5] The state between a Runtime API and its process: the init phase, the open `next`, the invocation in flight.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { systemClock, type Timer } from '../../../../protocol/clock.ts';
import { type FunctionError, functionError, type Invocation, type Outcome } from '../contract.ts';
import { invocationHeaders } from './invocation-headers.ts';
import { refuse } from './runtime-api-answers.ts';

/** What a runtime process receives of an invocation; an {@link Invocation} is one. */
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

/** The result of one dispatch. */
export interface Dispatched {
  readonly outcome: Outcome;
  /** From handing the event over until the answer's last byte, in milliseconds; 0 if it was never handed over. */
  readonly codeMs: number;
  /** False if the process ended before it took the event: nothing has run. */
  readonly handedOver: boolean;
}

/** How the init phase ended: with the first `next`, or with an error. */
export type Initialised = { readonly ok: true } | { readonly ok: false; readonly error: FunctionError };

interface InFlight {
  readonly invocation: RuntimeInvocation;
  readonly done: (dispatched: Dispatched) => void;
  /** `performance.now()` when it was handed over. */
  handedOver: number | undefined;
  /** The connection that it was handed over on. */
  socket: Socket | undefined;
  /** Whether its response has begun to arrive. */
  answering: boolean;
  /** The connection of its response was cut before the end. */
  brokenOff: boolean;
}

/** The type is Lambda's; its message is not documented. */
const truncated = functionError(
  'Runtime.TruncatedResponse',
  'The runtime cut off its response before the end',
);

/** How long the end of a connection may take to be noticed, in milliseconds. */
const hangUpMs = 200;

function refusePoller(response: ServerResponse): void {
  if (response.destroyed || response.closed) return;
  refuse(response, 403, 'InvalidStateTransition', 'Another call already waits for the next invocation');
}

export class Dispatcher {
  /** Resolves when the init phase ends; never rejects. */
  readonly initialised: Promise<Initialised>;
  readonly #nextHeaders: () => Readonly<Record<string, string>>;
  #settleInit: (result: Initialised) => void = () => {};
  #initialising = true;
  /** The runtime's open `next`. */
  #waiting: ServerResponse | undefined;
  /** Another open `next`, until it is clear whether the first one has ended. */
  #successor: { readonly response: ServerResponse; readonly bound: Timer } | undefined;
  #inFlight: InFlight | undefined;
  #failure: FunctionError | undefined;

  /** `nextHeaders` returns further headers for an answer to `next`. */
  constructor(nextHeaders: () => Readonly<Record<string, string>> = () => ({})) {
    this.#nextHeaders = nextHeaders;
    this.initialised = new Promise((resolve) => {
      this.#settleInit = resolve;
    });
  }

  get initialising(): boolean {
    return this.#initialising;
  }

  /** Whether the runtime has asked for an invocation and there is none. */
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
      const state = { handedOver: undefined, socket: undefined, answering: false, brokenOff: false };
      this.#inFlight = { invocation, done, ...state };
      this.#handOver();
    });
  }

  /**
   * The runtime asks for its next invocation, and is answered when there is one. A runtime has one open `next`: another one, on
   * another connection, is refused, so that only the process that runs the function gets events while it waits. `isKnown`: the
   * caller is certainly a process of this user; any other gets none while that process works, either.
   */
  next(response: ServerResponse, isKnown: boolean): void {
    const { socket } = response.req;
    const working = this.#inFlight?.handedOver === undefined ? undefined : this.#inFlight;
    if (!isKnown && working !== undefined && !working.brokenOff && working.socket !== socket) {
      // Its response may have been cut off just now.
      if (working.answering) return this.#succeed(response);
      return refuse(response, 403, 'InvalidStateTransition', 'The invocation in flight is not answered yet');
    }
    if (this.#waiting !== undefined && this.#waiting.req.socket !== socket) return this.#succeed(response);
    // On the same connection, it means that the runtime gave up on the first one.
    this.#waiting?.destroy();
    this.#wait(response);
  }

  #wait(response: ServerResponse): void {
    this.#endInit({ ok: true });
    this.#waiting = response;
    response.once('close', () => {
      if (this.#waiting !== response) return;
      this.#waiting = undefined;
      this.#promote();
    });
    this.#endBrokenOff();
    this.#handOver();
  }

  #promote(): void {
    const successor = this.#successor;
    this.#dropSuccessor();
    if (successor !== undefined && !successor.response.closed) this.#wait(successor.response);
  }

  /** A runtime that has just hung up may call again before the end of its first call is noticed. */
  #succeed(response: ServerResponse): void {
    if (this.#successor !== undefined) return refusePoller(response);
    const drop = () => {
      if (this.#successor?.response !== response) return;
      this.#dropSuccessor();
      refusePoller(response);
      this.#handOver();
    };
    const bound = systemClock.after(hangUpMs, drop, { background: true });
    this.#successor = { response, bound };
    response.once('close', drop);
  }

  #dropSuccessor(): void {
    this.#successor?.bound.cancel();
    this.#successor = undefined;
  }

  /** The runtime has begun to answer this invocation. */
  beginAnswer(invocation: RuntimeInvocation): void {
    if (this.#inFlight?.invocation === invocation) this.#inFlight.answering = true;
  }

  /** The connection on which this invocation was being answered was cut. */
  breakOff(invocation: RuntimeInvocation): void {
    if (this.#inFlight?.invocation !== invocation) return;
    this.#inFlight.brokenOff = true;
    if (this.#waiting === undefined) this.#promote();
    this.#endBrokenOff();
  }

  /** The invocation with the id that a runtime names, while that runtime has it. */
  named(id: string): RuntimeInvocation | undefined {
    if (this.#inFlight?.handedOver === undefined) return undefined;
    const { invocation } = this.#inFlight;
    return id === invocation.id || id === encodeURIComponent(invocation.id) ? invocation : undefined;
  }

  /** Whether this invocation is still waited for. */
  isInFlight(invocation: RuntimeInvocation): boolean {
    return this.#inFlight?.invocation === invocation;
  }

  /** Ends the invocation in flight, if any, with this outcome. */
  finish(outcome: Outcome): void {
    const ended = this.#inFlight;
    if (ended === undefined) return;
    this.#inFlight = undefined;
    if (this.#waiting === undefined) this.#promote();
    const { handedOver } = ended;
    const codeMs = handedOver === undefined ? 0 : performance.now() - handedOver;
    ended.done({ outcome, codeMs, handedOver: handedOver !== undefined });
  }

  /** Ends the init phase or the invocation in flight, and all later ones, with this error. */
  fail(error: FunctionError): void {
    this.#failure ??= error;
    this.#endInit({ ok: false, error });
    this.finish({ ok: false, error });
  }

  #endInit(result: Initialised): void {
    this.#initialising = false;
    this.#settleInit(result);
  }

  /** A process that exits reports that itself; one that asks for more has given up on its response. */
  #endBrokenOff(): void {
    if (this.#waiting !== undefined && this.#inFlight?.brokenOff)
      this.finish({ ok: false, error: truncated });
  }

  #handOver(): void {
    const response = this.#waiting;
    if (response === undefined || this.#inFlight === undefined || this.#inFlight.handedOver !== undefined)
      return;
    // Which of two connections the runtime uses is clear in a moment: an event sent on the wrong one would be lost.
    if (this.#successor !== undefined) return;
    this.#waiting = undefined;
    const { invocation } = this.#inFlight;
    this.#inFlight.handedOver = performance.now();
    this.#inFlight.socket = response.req.socket;
    response.writeHead(200, { ...invocationHeaders(invocation), ...this.#nextHeaders() });
    response.end(invocation.event);
  }
}
