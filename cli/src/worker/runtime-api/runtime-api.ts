// [5] The Lambda Runtime API (2018-06-01) for one runtime process, on its own port: AWS's clients accept strictly `host:port`,
// so only the port can tell one process from another.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Peer, peerOf } from '../../loopback/peer-user.ts';
import { ServerSockets } from '../../loopback/server-sockets.ts';
import { type FunctionError, stoppedError } from '../contract.ts';
import { type Dispatched, Dispatcher, type Initialised, type RuntimeInvocation } from './dispatcher.ts';
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

export interface RuntimeApiOptions {
  /**
   * If set, every call must carry it in the header `Livectl-Runtime-Token`, as our runtime clients do, from
   * `LIVECTL_RUNTIME_TOKEN`. Leave it out for other runtimes: then calls from another user's processes are refused, if the system
   * shows whose they are (Linux). `privateRoutes` require it.
   */
  readonly token?: string | undefined;
  /** Looks up a connection's user if there is no token; default: {@link peerOf}. */
  readonly peerOf?: (socket: Socket) => Promise<Peer>;
  /** Further `GET` paths, answered as JSON once their promise resolves; refused if no token is set. */
  readonly privateRoutes?: Readonly<Record<string, () => unknown>>;
  /** Further `POST` paths, called with the body; refused if no token is set. */
  readonly privatePosts?: Readonly<Record<string, (body: Uint8Array) => void>>;
  /** Further headers of the next answer to `next`. */
  readonly nextHeaders?: () => Readonly<Record<string, string>>;
  /** If it returns a promise, an answer is confirmed to the runtime once that resolves. */
  readonly beforeAccept?: (() => Promise<void> | undefined) | undefined;
  /** Called first; returns whether it answered the request. */
  readonly handle?: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
}

/** A running Runtime API. */
export interface RuntimeApi {
  readonly port: number;
  /** `127.0.0.1:PORT`, the value of `AWS_LAMBDA_RUNTIME_API`. */
  readonly address: string;
  /** Resolves when the init phase ends; never rejects. */
  readonly initialised: Promise<Initialised>;
  /** Whether the runtime has asked for an invocation and there is none. */
  readonly waits: boolean;
  /**
   * Hands over one invocation as soon as the runtime asks for it, and resolves with its answer; never rejects, whatever the
   * runtime does. One at a time: throws while another one is in flight. There is no timer: the caller of `dispatch` watches the
   * deadline and calls `fail`.
   */
  dispatch(invocation: RuntimeInvocation): Promise<Dispatched>;
  /** The process died or was ended: ends the init phase or the invocation in flight, and all later ones, with this error. */
  fail(error: FunctionError): void;
  /** Ends the invocation in flight with `LiveDebugStoppedError`, closes all connections and frees the port. */
  close(): Promise<void>;
}

const nothing = new Uint8Array(0);
const invocationPath = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/;

/** An error that ends a streamed response is a trailer, to which the parser's limit applies as well. */
const maxHeaderSize = 1024 * 1024;

/** Starts a Runtime API on a free port of 127.0.0.1. */
export async function startRuntimeApi(options: RuntimeApiOptions = {}): Promise<RuntimeApi> {
  const token = options.token === undefined ? undefined : Buffer.from(options.token);
  const dispatcher = new Dispatcher(options.nextHeaders);

  function onAnswer(response: ServerResponse, kind: string, posted: PostedBody): void {
    if (posted.bytes === undefined) {
      dispatcher.finish({ ok: false, error: tooLarge(posted.size, maxPayloadBytes) });
      refuse(
        response,
        413,
        'RequestEntityTooLarge',
        `Exceeded maximum allowed payload size (${maxPayloadBytes} bytes).`,
      );
      return;
    }
    const error = kind === 'error' ? postedError(posted) : posted.streamError;
    dispatcher.finish(
      error === undefined
        ? { ok: true, body: posted.bytes, contentType: posted.contentType }
        : { ok: false, error },
    );
    confirm(response);
  }

  function confirm(response: ServerResponse): void {
    const waiting = options.beforeAccept?.();
    if (waiting === undefined) accept(response);
    else void waiting.then(() => accept(response));
  }

  function onInvocationPost(
    request: IncomingMessage,
    response: ServerResponse,
    id: string,
    kind: string,
  ): void {
    const unknown = () => refuse(response, 400, 'InvalidRequestID', 'Invalid request ID');
    const current = dispatcher.named(id);
    if (current !== undefined) dispatcher.beginAnswer(current);
    request.once('close', () => {
      if (current !== undefined && !request.complete) dispatcher.breakOff(current);
    });
    const sink = current?.responseSink;
    if (current === undefined || sink === undefined || kind !== 'response' || !isStreamed(request)) {
      readBody(request, (posted) => (dispatcher.named(id) ? onAnswer(response, kind, posted) : unknown()));
      return;
    }
    readStream(
      request,
      sink,
      () => dispatcher.isInFlight(current),
      ({ contentType, error }) => {
        if (!dispatcher.isInFlight(current)) return unknown();
        dispatcher.finish(
          error === undefined ? { ok: true, body: nothing, contentType } : { ok: false, error },
        );
        confirm(response);
      },
    );
  }

  function onInitError(response: ServerResponse, posted: PostedBody): void {
    if (dispatcher.initialising) {
      dispatcher.fail(postedError(posted));
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

  function onPrivatePost(
    request: IncomingMessage,
    response: ServerResponse,
    take: (body: Uint8Array) => void,
  ): void {
    readBody(request, ({ bytes }) => {
      if (token === undefined) return refuse(response, 403, 'Forbidden', 'This path needs a token');
      if (bytes !== undefined) take(bytes);
      accept(response);
    });
  }

  /** Connections that were checked, and those of them that certainly belong to this user. */
  const trusted = new WeakSet<Socket>();
  const known = new WeakSet<Socket>();

  /** A program cannot be given a token to send, so it is recognized by its user. */
  function onOpenRequest(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    if (trusted.has(socket)) return onRequest(request, response);
    void (options.peerOf ?? peerOf)(socket).then((peer) => {
      if (peer !== 'own' && peer !== 'unknown') {
        request.resume();
        // A runtime that has already hung up has cut off its answer; nobody else can end anything with the id.
        if (peer === 'gone') breakOff(request);
        return refuse(response, 403, 'Forbidden', 'Only a process of this user may call the Runtime API');
      }
      trusted.add(socket);
      if (peer === 'own') known.add(socket);
      onRequest(request, response);
    });
  }

  function breakOff({ method, url = '' }: IncomingMessage): void {
    const [, id] = invocationPath.exec(url) ?? [];
    const current = method === 'POST' && id !== undefined ? dispatcher.named(id) : undefined;
    if (current !== undefined) dispatcher.breakOff(current);
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const refused = refusalOf(request, token);
    const [path = ''] = (request.url ?? '').split('?', 1);
    const [, id, kind] = invocationPath.exec(path) ?? [];
    const privateRoute = options.privateRoutes?.[path];
    const privatePost = options.privatePosts?.[path];
    if (refused !== undefined) {
      request.resume();
      refuse(response, 403, 'Forbidden', refused);
    } else if (options.handle?.(request, response)) {
      return;
    } else if (request.method === 'GET' && path === '/2018-06-01/runtime/invocation/next') {
      dispatcher.next(response, token !== undefined || known.has(request.socket));
    } else if (request.method === 'POST' && id !== undefined && kind !== undefined) {
      onInvocationPost(request, response, id, kind);
    } else if (request.method === 'POST' && path === '/2018-06-01/runtime/init/error') {
      readBody(request, (posted) => onInitError(response, posted));
    } else if (request.method === 'GET' && privateRoute !== undefined) {
      void onPrivateRoute(response, privateRoute);
    } else if (request.method === 'POST' && privatePost !== undefined) {
      onPrivatePost(request, response, privatePost);
    } else {
      request.resume();
      notFound(response);
    }
  }

  // A runtime's connection is silent while the handler runs, so no server timeout may close it.
  const server = createServer(
    { noDelay: true, keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0, maxHeaderSize },
    token === undefined ? onOpenRequest : onRequest,
  );
  const sockets = new ServerSockets(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    port,
    address: `127.0.0.1:${port}`,
    initialised: dispatcher.initialised,
    get waits() {
      return dispatcher.waits;
    },
    fail: (error) => dispatcher.fail(error),
    dispatch: (invocation) => dispatcher.dispatch(invocation),
    close() {
      dispatcher.fail(stoppedError());
      return sockets.close();
    },
  };
}
