// The inspector's server, on a port of 127.0.0.1: its page, its API and its events, for this user only.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock, Timer } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { peerOf } from '../loopback/peer-user.ts';
import type { ExportOptions } from '../recordings/export-form.ts';
import type { InvocationSummary, LogLine, Recordings } from '../recordings/recording.ts';
import type { ObserveEvent } from '../session/session-event.ts';
import { Admission } from './admission.ts';
import { type Answer, failure, send } from './answers.ts';
import { Api, apiPath } from './api.ts';
import { BrowserCookie } from './browser-cookie.ts';
import { Connections } from './connections.ts';
import { EventStreams } from './event-streams.ts';
import type { KeptAddress } from './kept-address.ts';
import { OneTimeLinks } from './one-time-links.ts';
import { noEntry, type PageFiles, pageFile, usedLink } from './page.ts';
import { type Replay, ReplayRequests } from './replay-request.ts';
import type { ServeStatus } from './serve-status.ts';

/** Recordings that report what is new. */
export interface LiveRecordings extends Recordings {
  /** A row is new, or has changed. Returns what ends it. */
  onChange(listener: (summary: InvocationSummary) => void): () => void;
  onLine(listener: (key: string, line: LogLine) => void): () => void;
}

export interface InspectorOptions {
  readonly recordings: LiveRecordings;
  readonly status: ServeStatus;
  /** The token of programs, which the state file has. */
  readonly token: string;
  /** Loaded at the first request. */
  readonly page: () => Promise<PageFiles>;
  /** Undefined where no code runs. */
  readonly replay?: Replay | undefined;
  readonly original?: ((key: string) => Uint8Array | undefined) | undefined;
  /** The answer of a replay as it was, where it is still known. */
  readonly originalResult?: ((key: string) => Uint8Array | undefined) | undefined;
  /** What exports need to know of a function. */
  readonly exportOptions?: ((functionName: string) => ExportOptions) | undefined;
  /** Of an earlier run, so that open pages find this one. */
  readonly kept?: KeptAddress | undefined;
  readonly clock: Clock;
}

export interface Inspector {
  /** `http://127.0.0.1:PORT` */
  readonly address: string;
  /** For the next run. */
  readonly kept: KeptAddress;
  /** A new link that opens the page once, within 10 minutes. */
  url(): string;
  /** Passes an event of serve on to those who follow. */
  take(event: ObserveEvent): void;
  /** Ends every connection, at most 2 seconds later. */
  close(): Promise<void>;
}

/** Events that are passed on as they are; the others are in rows, lines and the state. */
const passedOn: ReadonlySet<string> = new Set<ObserveEvent['event']>([
  'build_error',
  'reload',
  'displaced',
  'reconnect',
  'holder',
  'notice',
  'error',
  'retry',
  'dead_letter',
  'published',
  'unmatched',
  'tunnel',
  'debugger',
  'stopping',
  'summary',
  'stopped',
]);

/** Their connections end with it. */
const otherUser = failure('forbidden', 'other users of this machine may not use the inspector');

/** The state is sent at most this often, in milliseconds: it changes with each invocation. */
const stateMs = 200;

/** How long followers may take to read the last messages, in milliseconds. */
const lastMessagesMs = 500;

/** Rejects with the system's error if there is no free port. */
export async function startInspector(options: InspectorOptions): Promise<Inspector> {
  const { clock, recordings, status, token } = options;
  const secret = options.kept?.secret ?? randomBytes(32).toString('base64url');
  const server = createServer({ noDelay: true });
  const connections = new Connections(server, clock);
  const port = await listen(server, options.kept?.port);
  // The server alone must not keep the process alive.
  server.unref();
  const address = `http://127.0.0.1:${port}`;

  const links = new OneTimeLinks(clock);
  const cookie = new BrowserCookie({ port, secret: Buffer.from(secret), clock });
  const admission = new Admission({ port, token, cookie });
  const streams = new EventStreams(randomBytes(6).toString('hex'), clock);
  const newLink = () => `${address}/?token=${links.create()}`;
  const isServed = (name: string) => status.current().functions.some((each) => each.name === name);
  const { exportOptions, original, originalResult, replay } = options;
  const replays = new ReplayRequests({ recordings, original, replay, isServed, clock });
  const state = () => status.current();
  const api = new Api({
    ...{ recordings, state, streams, replays, newLink, clock },
    exportOptions,
    originalResult,
  });
  const stopStates = publishStates(status, streams, clock);
  const stopRows = recordings.onChange((summary) => streams.publish('invocation', summary));
  const stopLines = recordings.onLine((key, line) => streams.publish('line', { key, ...line }));

  /** Undefined if the answer is a stream, or nobody is there to read it. */
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<Answer | undefined> {
    const peer = await peerOf(request.socket);
    if (peer === 'other') return otherUser;
    if (peer === 'gone') return undefined;
    const refusal = admission.refusal(request);
    if (refusal) return refusal;
    const { path, parameters } = partsOf(request.url);
    const caller = admission.caller(request);
    const given = path === '/' && request.method === 'GET' ? parameters.get('token') : null;
    if (given !== null) {
      if (!links.redeem(given)) return usedLink(caller === 'browser');
      return { status: 303, headers: { Location: '/', 'Set-Cookie': cookie.create() }, body: '' };
    }
    if (path.startsWith(apiPath)) {
      if (caller === 'unknown')
        return failure('unauthorized', 'open a link of the inspector, or send the token of the state file');
      return api.answer({ request, response, path: path.slice(apiPath.length), parameters, caller });
    }
    if (caller === 'unknown')
      return path === '/' ? noEntry : failure('unauthorized', 'open a link of the inspector');
    const file = (await options.page()).get(path);
    if (file === undefined) return failure('not_found', 'there is no such file');
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    return isRead ? pageFile(file) : failure('method_not_allowed', 'use GET', { Allow: 'GET, HEAD' });
  }

  server.on('request', (request, response) => {
    connections.begin(request, response);
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    void answer(request, response)
      .catch((error: unknown) => failure('internal', messageOf(error)))
      .then((reply) => {
        if (reply === undefined) {
          if (!response.headersSent) response.destroy();
          return;
        }
        // What is left of a refused body is not waited for.
        const hasMore = !request.complete && hasBody(request);
        send(response, reply, hasMore || reply === otherUser);
        request.resume();
      });
  });
  // Before a request is understood there is nobody to answer.
  server.on('clientError', (_error, socket) => socket.destroy());

  let closing: Promise<void> | undefined;
  return {
    address,
    kept: { port, secret },
    url: newLink,
    take(event) {
      status.take(event);
      if (passedOn.has(event.event)) streams.publish(event.event, event);
    },
    close() {
      stopRows();
      stopLines();
      stopStates();
      streams.end();
      closing ??= connections.close(lastMessagesMs);
      return closing;
    },
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Returns what sends the last one and ends it. */
function publishStates(status: ServeStatus, streams: EventStreams, clock: Clock): () => void {
  let pending: Timer | undefined;
  let isOver = false;
  const publish = () => {
    pending = undefined;
    streams.publish('state', status.current());
  };
  status.onChange(() => {
    if (!isOver) pending ??= clock.after(stateMs, publish, { background: true });
  });
  return () => {
    isOver = true;
    if (pending === undefined) return;
    pending.cancel();
    publish();
  };
}

/** Only as it was sent: nothing is decoded or resolved, so that each path has one spelling. */
function partsOf(url = '/'): { readonly path: string; readonly parameters: URLSearchParams } {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  return { path, parameters: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)) };
}

/** The port of an earlier run if it is free, else another one. */
async function listen(server: ReturnType<typeof createServer>, kept: number | undefined): Promise<number> {
  for (const port of kept === undefined ? [0] : [kept, 0]) {
    const isBound = await new Promise<boolean>((resolve, reject) => {
      const failed = (error: Error) => (port === 0 ? reject(error) : resolve(false));
      server.once('error', failed);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', failed);
        resolve(true);
      });
    });
    if (isBound) break;
  }
  return (server.address() as AddressInfo).port;
}
