// The HTTP API: requests in, events to the Lambda host, its answers out, as in API Gateway.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Clock } from '../../../../protocol/clock.ts';
import { within } from '../../../../protocol/within.ts';
import type { Principal } from '../aws-api/access.ts';
import { httpLimits, lambdaLimits } from '../aws-api/aws-limits.ts';
import { closeServer, createLoopbackServer, listen, readBody } from '../aws-api/loopback-server.ts';
import type { SigV4Verifier } from '../aws-api/sigv4-verify.ts';
import type { CloudEvent } from '../cloud.ts';
import type { LambdaHost } from '../lambda/lambda-host.ts';
import { refusalOfCaller } from './callers.ts';
import { preflightResponse } from './cors.ts';
import { functionUrlReply } from './function-url-reply.ts';
import type { FunctionUrls, UrlCall } from './function-urls.ts';
import type { HttpDoor } from './http-door.ts';
import { httpEvent, newApiRequestId, splitUrl } from './http-event.ts';
import { type FrontResponse, httpResponse, messageResponse } from './http-response.ts';
import type { Match, RouteTable } from './routes.ts';

interface FrontOptions {
  readonly routes: RouteTable;
  readonly functionUrls: FunctionUrls;
  readonly door: HttpDoor;
  readonly verifier: SigV4Verifier;
  /** The identity of unsigned calls of a function URL. */
  readonly developer: Principal;
  readonly host: Pick<LambdaHost, 'invoke'>;
  readonly clock: Clock;
  readonly onEvent: (event: CloudEvent) => void;
  /** By function: the origins that its `cors` allows. */
  readonly allowOrigins: ReadonlyMap<string, readonly string[]>;
  /** Other users of this machine may call without a signature. */
  readonly allowOtherUsers: boolean;
  /** How long a function may take, in milliseconds. */
  readonly integrationMs: number;
}

const notFound = messageResponse(404, 'Not Found');
const tooLarge = messageResponse(413, 'Request Entity Too Large');
const forbidden = messageResponse(403, 'Forbidden');
/** AWS documents the limit but not the answer; this is HTTP's status for it. */
const headersTooLarge = messageResponse(431, 'Request Header Fields Too Large');
/** A function URL's limit, plus room for the names, which do not count. */
const frontServer = { maxHeaderSize: lambdaLimits.headerBytes + 64 * 1024 };
const unavailable = messageResponse(503, 'Service Unavailable');
const internalError = messageResponse(500, 'Internal Server Error');

/** How long `close` waits for answers under way, in milliseconds: the time of a result from livectl to the caller. */
const drainMs = 1000;

/** Characters of a path that are reported. */
const maxPath = 200;

/** Pages may come from any number of origins; at most this many are reported. */
const maxTold = 100;

export class HttpApi {
  readonly #options: FrontOptions;
  readonly #server: Server;
  /** Number of requests that are not answered yet. */
  #open = 0;
  #closing = false;
  #onDrained = () => {};
  /** Refusals that were reported. */
  readonly #told = new Set<string>();

  constructor(options: FrontOptions) {
    this.#options = options;
    this.#server = createLoopbackServer((request, response) => {
      void this.#handle(request, response).catch(() => {
        // A bug of ours; a function's failures are answers.
        if (!response.headersSent) write(response, internalError, { 'apigw-requestid': newApiRequestId() });
      });
    }, frontServer);
  }

  /** Returns the port. Throws LD_PORT_IN_USE. */
  listen(port: number): Promise<number> {
    return listen(this.#server, port);
  }

  /** Accepts no more requests, lets answers under way finish for a second, then ends every connection. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#server.close();
    if (this.#open > 0) {
      const drained = new Promise<void>((resolve) => {
        this.#onDrained = resolve;
      });
      await within(this.#options.clock, drainMs, drained);
    }
    await closeServer(this.#server);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { routes, functionUrls, clock } = this.#options;
    const time = clock.now();
    const requestId = newApiRequestId();
    const { method = 'GET', url = '/' } = request;
    const [path] = splitUrl(url);
    const call = functionUrls.match(request);
    const match = call ?? routes.match(method, path);
    if (!match || this.#closing) {
      request.resume();
      write(response, match ? unavailable : notFound, { 'apigw-requestid': requestId });
      if (!match && !this.#closing) this.#tellUnmatched(method, path);
      return;
    }
    const { functionName } = match;
    if (await this.#isRefused(request, functionName, call)) {
      request.resume();
      write(response, forbidden, { 'apigw-requestid': requestId });
      return;
    }
    const id = randomUUID();
    this.#open += 1;
    response.once('close', () => {
      this.#open -= 1;
      if (this.#open === 0) this.#onDrained();
    });

    const answer = call
      ? await functionUrlReply({ ...this.#options, call, request, response, id, time })
      : await this.#httpApiReply(request, match, id, requestId, time);
    if (response.destroyed) return;
    if (answer && call) write(response, answer, { 'x-amzn-requestid': id });
    else if (answer) write(response, answer, { 'apigw-requestid': requestId });
  }

  #tellUnmatched(method: string, path: string): void {
    // Browsers ask for it by themselves.
    if (path === '/favicon.ico') return;
    const short = path.slice(0, maxPath);
    const meant = () => this.#options.routes.meant(short);
    this.#options.onEvent({ type: 'unmatched', method, path: short, meant });
  }

  /** Called before the body is read and the function sees anything. */
  async #isRefused(
    request: IncomingMessage,
    functionName: string,
    call: UrlCall | undefined,
  ): Promise<boolean> {
    const { allowOrigins, allowOtherUsers, onEvent } = this.#options;
    const cors = call?.settings.cors;
    // Answered without the function, whatever the origin: that is how a browser learns that it is not allowed.
    if (cors && preflightResponse(cors, request)) return false;
    const refusal = await refusalOfCaller(request, {
      allowOrigins: cors?.allow_origins ?? allowOrigins.get(functionName) ?? [],
      otherUsers: allowOtherUsers,
    });
    if (refusal === undefined) return false;
    const origin = refusal.from === 'page' ? refusal.origin : undefined;
    const key = JSON.stringify([functionName, refusal.from, origin]);
    if (!this.#told.has(key) && this.#told.size < maxTold) {
      this.#told.add(key);
      onEvent({ type: 'refused', functionName, from: refusal.from, origin });
    }
    return true;
  }

  async #httpApiReply(
    request: IncomingMessage,
    match: Match,
    id: string,
    requestId: string,
    time: number,
  ): Promise<FrontResponse> {
    const { door, host, clock, integrationMs } = this.#options;
    const refused =
      headerBytes(request) > httpLimits.headerBytes
        ? headersTooLarge
        : door.refuse(match.functionName, match.routeKey);
    if (refused) {
      request.resume();
      return refused;
    }
    const body = await readBody(request, httpLimits.requestBytes);
    if (body === undefined) return tooLarge;
    const admission = await door.admit(match.functionName, request, body);
    if (!admission.admitted) return admission.answer;
    const port = request.socket.localPort ?? 0;
    const { authorizer } = admission;
    const event = Buffer.from(httpEvent({ request, match, authorizer, body, requestId, time, port }));
    if (event.length > lambdaLimits.eventBytes) return tooLarge;
    const answer = host.invoke(match.functionName, event, { id }).then((outcome) => httpResponse(outcome));
    // API Gateway waits no longer than this for an integration; the function continues without it.
    return (await within(clock, integrationMs, answer, { background: true })) ?? unavailable;
  }
}

/** Size of the request's line and the values of its headers: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
function headerBytes({ httpVersion, method = '', rawHeaders, url = '' }: IncomingMessage): number {
  let bytes = `${method} ${url} HTTP/${httpVersion}`.length;
  for (let at = 1; at < rawHeaders.length; at += 2) bytes += rawHeaders[at]?.length ?? 0;
  return bytes;
}

function write(
  response: ServerResponse,
  { status, headers, body }: FrontResponse,
  requestId: Readonly<Record<string, string>>,
): void {
  // As bytes: Node writes headers together with a text body in that text's encoding, and they are Latin-1.
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const length = status === 204 || status === 304 ? {} : { 'Content-Length': bytes.length };
  response.writeHead(status, { ...headers, ...length, ...requestId });
  response.end(bytes);
}
