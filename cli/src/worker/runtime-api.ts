// [5] The Lambda Runtime API (2018-06-01) for one runtime process, on a port of its own: AWS's clients take
// strictly `host:port`, so the port is what tells one process from another.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FunctionError, type Invocation, type Outcome, stoppedError } from './invocation.ts';
import { invocationHeaders } from './invocation-headers.ts';
import { accept, notFound, refusalOf, refuse } from './runtime-api-answers.ts';
import {
  isStreamed,
  maxPayloadBytes,
  type PostedBody,
  postedError,
  readBody,
  readStream,
  tooLarge,
} from './runtime-api-body.ts';

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

export interface RuntimeApiOptions {
  /**
   * When set, every call must carry it in the header `Livectl-Runtime-Token`; our Node runtime client does, from
   * `LIVECTL_RUNTIME_TOKEN`. Leave it out for runtimes that aren't ours. `privateRoutes` need it.
   */
  readonly token?: string | undefined;
  /** Further `GET` paths, answered as JSON once their promise resolves; refused when no token is set. */
  readonly privateRoutes?: Readonly<Record<string, () => unknown>>;
  /** Further headers of the next answer to `next`. */
  readonly nextHeaders?: () => Readonly<Record<string, string>>;
  /** Is asked first; answers what is for it and says whether it did. */
  readonly handle?: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
}

/** A running Runtime API. */
export interface RuntimeApi {
  readonly port: number;
  /** `127.0.0.1:PORT`, the value of `AWS_LAMBDA_RUNTIME_API`. */
  readonly address: string;
  /** Resolves when the init phase ends; never rejects. */
  readonly initialised: Promise<Initialised>;
  /**
   * Hands over one invocation, as soon as the runtime asks for it, and resolves with its answer; never rejects for
   * what the runtime does. One at a time: a second one while the first is in flight throws. There is no timer in
   * here: whoever dispatches keeps the deadline and calls `fail`.
   */
  dispatch(invocation: RuntimeInvocation): Promise<Dispatched>;
  /** The process died or was ended: the init phase or the invocation in flight, and all later ones, end with this. */
  fail(error: FunctionError): void;
  /** Ends what is in flight with `LiveDebugStoppedError`, closes all connections and frees the port. */
  close(): Promise<void>;
}

const nothing = new Uint8Array(0);
const invocationPath = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/;

/** An error that ends a streamed response is a trailer, and the parser's limit is for trailers too. */
const maxHeaderSize = 1024 * 1024;

interface InFlight {
  readonly invocation: RuntimeInvocation;
  readonly done: (dispatched: Dispatched) => void;
  /** `performance.now()` when it was handed over. */
  handedOver: number | undefined;
}

/** Starts a Runtime API on a free port of 127.0.0.1. */
export async function startRuntimeApi(options: RuntimeApiOptions = {}): Promise<RuntimeApi> {
  const token = options.token === undefined ? undefined : Buffer.from(options.token);
  /** The runtime's open `next`. */
  let waiting: ServerResponse | undefined;
  let inFlight: InFlight | undefined;
  let failure: FunctionError | undefined;
  let initialising = true;
  let settleInit: (result: Initialised) => void;
  const initialised = new Promise<Initialised>((resolve) => {
    settleInit = resolve;
  });

  function endInit(result: Initialised): void {
    initialising = false;
    settleInit(result);
  }

  function finish(outcome: Outcome): void {
    const ended = inFlight;
    if (ended === undefined) return;
    inFlight = undefined;
    const { handedOver } = ended;
    const codeMs = handedOver === undefined ? 0 : performance.now() - handedOver;
    ended.done({ outcome, codeMs, handedOver: handedOver !== undefined });
  }

  function fail(error: FunctionError): void {
    failure ??= error;
    endInit({ ok: false, error });
    finish({ ok: false, error });
  }

  function handOver(): void {
    if (waiting === undefined || inFlight === undefined || inFlight.handedOver !== undefined) return;
    const response = waiting;
    waiting = undefined;
    const { invocation } = inFlight;
    inFlight.handedOver = performance.now();
    response.writeHead(200, { ...invocationHeaders(invocation), ...options.nextHeaders?.() });
    response.end(invocation.event);
  }

  function onNext(response: ServerResponse): void {
    if (initialising) endInit({ ok: true });
    // A runtime has one open `next`; a second one means that it gave up on the first.
    waiting?.destroy();
    waiting = response;
    response.once('close', () => {
      if (waiting === response) waiting = undefined;
    });
    handOver();
  }

  function onAnswer(response: ServerResponse, kind: string, posted: PostedBody): void {
    if (posted.bytes === undefined) {
      finish({ ok: false, error: tooLarge(posted.size, maxPayloadBytes) });
      refuse(
        response,
        413,
        'RequestEntityTooLarge',
        `Exceeded maximum allowed payload size (${maxPayloadBytes} bytes).`,
      );
      return;
    }
    const error = kind === 'error' ? postedError(posted) : posted.streamError;
    finish(
      error === undefined
        ? { ok: true, body: posted.bytes, contentType: posted.contentType }
        : { ok: false, error },
    );
    accept(response);
  }

  /** The invocation that a runtime names, while it is in flight. */
  function named(id: string): InFlight | undefined {
    if (inFlight?.handedOver === undefined) return undefined;
    const current = inFlight.invocation.id;
    return id === current || id === encodeURIComponent(current) ? inFlight : undefined;
  }

  function onInvocationPost(
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
    kind: string,
  ): void {
    const unknown = () => refuse(response, 400, 'InvalidRequestID', 'Invalid request ID');
    const current = named(id);
    const sink = current?.invocation.responseSink;
    if (sink === undefined || kind !== 'response' || !isStreamed(request)) {
      readBody(request, (posted) => (named(id) ? onAnswer(response, kind, posted) : unknown()));
      return;
    }
    readStream(
      request,
      sink,
      () => inFlight === current,
      ({ contentType, error }) => {
        if (inFlight !== current) return unknown();
        finish(error === undefined ? { ok: true, body: nothing, contentType } : { ok: false, error });
        accept(response);
      },
    );
  }

  function onInitError(response: ServerResponse, posted: PostedBody): void {
    if (initialising) {
      fail(postedError(posted));
      accept(response);
    } else {
      refuse(response, 403, 'InvalidStateTransition', 'The init phase is over');
    }
  }

  async function onPrivateRoute(response: ServerResponse, route: () => unknown): Promise<void> {
    if (token === undefined) {
      refuse(response, 403, 'Forbidden', 'This path needs a token');
      return;
    }
    const body = Buffer.from(JSON.stringify(await route()));
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
    response.end(body);
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const refused = refusalOf(request, token);
    const [path = ''] = (request.url ?? '').split('?', 1);
    const [, id, kind] = invocationPath.exec(path) ?? [];
    const privateRoute = options.privateRoutes?.[path];
    if (refused !== undefined) {
      refuse(response, 403, 'Forbidden', refused);
    } else if (options.handle?.(request, response)) {
      return;
    } else if (request.method === 'GET' && path === '/2018-06-01/runtime/invocation/next') {
      onNext(response);
    } else if (request.method === 'POST' && id !== undefined && kind !== undefined) {
      onInvocationPost(request, response, id, kind);
    } else if (request.method === 'POST' && path === '/2018-06-01/runtime/init/error') {
      readBody(request, (posted) => onInitError(response, posted));
    } else if (request.method === 'GET' && privateRoute !== undefined) {
      void onPrivateRoute(response, privateRoute);
    } else {
      request.resume();
      notFound(response);
    }
  }

  // A runtime's connection is silent for as long as the handler runs, so no timeout of the server's own may close it.
  const server = createServer(
    { noDelay: true, keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0, maxHeaderSize },
    onRequest,
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    port,
    address: `127.0.0.1:${port}`,
    initialised,
    fail,
    dispatch(invocation) {
      if (inFlight !== undefined) throw new Error(`Invocation ${inFlight.invocation.id} is still in flight`);
      if (failure !== undefined) {
        return Promise.resolve({ outcome: { ok: false, error: failure }, codeMs: 0, handedOver: false });
      }
      return new Promise<Dispatched>((done) => {
        inFlight = { invocation, done, handedOver: undefined };
        handOver();
      });
    },
    close() {
      fail(stoppedError());
      return new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
