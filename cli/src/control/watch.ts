// Watches a running `serve` on this machine: the events of its invocations, from the request on.
import { get, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import type { SessionEvent } from '../session/session-event.ts';
import { eventsPath } from './control-server.ts';
import type { RunningServe } from './serve-state.ts';

/** A schema for every field of an event, so that the compiler reports a field that is missing here. */
type FieldsOf<Name extends SessionEvent['event']> = Record<
  keyof Extract<SessionEvent, { event: Name }>,
  v.GenericSchema
>;

const invokeSchema = v.object({
  event: v.literal('invoke'),
  id: v.string(),
  function: v.string(),
  trigger: v.string(),
  source_ids: v.exactOptional(v.array(v.string())),
  only: v.exactOptional(v.string()),
  replay_of: v.exactOptional(v.string()),
  edited: v.exactOptional(v.literal(true)),
} satisfies FieldsOf<'invoke'>);

const logSchema = v.object({
  event: v.literal('log'),
  /** Absent in lines that belong to no invocation, which are skipped. */
  id: v.string(),
  phase: v.optional(v.undefined()),
  function: v.string(),
  level: v.picklist(['trace', 'debug', 'info', 'warn', 'error', 'fatal']),
  message: v.string(),
  replay_of: v.exactOptional(v.string()),
} satisfies FieldsOf<'log'>);

const causeSchema = v.object({
  relation: v.picklist(['cause', 'context', 'part']),
  name: v.string(),
  message: v.string(),
  stack: v.optional(v.array(v.string())),
});

const resultSchema = v.object({
  event: v.literal('result'),
  id: v.string(),
  function: v.string(),
  ok: v.boolean(),
  ms: v.number(),
  code_ms: v.number(),
  init_ms: v.exactOptional(v.number()),
  wait_ms: v.exactOptional(v.number()),
  streamed_bytes: v.exactOptional(v.number()),
  status: v.exactOptional(v.number()),
  error: v.exactOptional(
    v.object({
      name: v.string(),
      message: v.string(),
      stack: v.exactOptional(v.array(v.string())),
      causes: v.exactOptional(v.array(causeSchema)),
    }),
  ),
  replay_of: v.exactOptional(v.string()),
} satisfies FieldsOf<'result'>);

const publishedSchema = v.object({
  event: v.literal('published'),
  source: v.string(),
  resource: v.string(),
  id: v.string(),
  functions: v.array(v.string()),
} satisfies FieldsOf<'published'>);

/** The events about a message and the invocation that it causes. */
const watchedSchema = v.variant('event', [invokeSchema, logSchema, resultSchema, publishedSchema]);
export type WatchedEvent = v.InferOutput<typeof watchedSchema>;

/** How long a `serve` may take to answer, in milliseconds: it may be busy, or paused in a debugger. */
const answerBoundMs = 3000;

/** Events kept until the id of the invocation is known; the oldest are dropped first. */
const keptEvents = 10_000;

/** A connection to one `serve`. */
export class Watch {
  /** Resolves when the connection has ended, or `close` was called. */
  readonly ended: Promise<void>;
  readonly #response: IncomingMessage;
  readonly #kept: WatchedEvent[] = [];
  #listener: ((event: WatchedEvent) => void) | undefined;

  constructor(response: IncomingMessage) {
    this.#response = response;
    const lines = createInterface({ input: response });
    // A broken connection ends the watch; there is nothing to fix. The line reader passes on its error.
    response.on('error', () => undefined);
    lines.on('error', () => undefined);
    lines.on('line', (line) => this.#take(line));
    this.ended = new Promise((resolve) => response.once('close', resolve));
  }

  /** Calls back for every event since the watch began, and for all later ones. One listener at a time. */
  follow(listener: (event: WatchedEvent) => void): void {
    this.#listener = listener;
    for (const event of this.#kept.splice(0)) listener(event);
  }

  close(): void {
    this.#response.destroy();
  }

  #take(line: string): void {
    const event = parse(line);
    if (event === undefined) return;
    if (this.#listener) return this.#listener(event);
    this.#kept.push(event);
    if (this.#kept.length > keptEvents) this.#kept.shift();
  }
}

/**
 * Connects, or resolves with undefined if `serve` does not answer: it is ending, or runs in a container with its own network,
 * so that its port here belongs to another program.
 */
export function watchServe(serve: RunningServe): Promise<Watch | undefined> {
  return new Promise((resolve) => {
    const request = get(
      new URL(eventsPath, serve.control.url),
      // Its own connection, which ends with the watch.
      { agent: false, headers: { authorization: `Bearer ${serve.control.token}` } },
      (response) => {
        clearTimeout(timer);
        if (response.statusCode === 200) return resolve(new Watch(response));
        response.destroy();
        resolve(undefined);
      },
    );
    const timer = setTimeout(() => request.destroy(new Error('no answer')), answerBoundMs);
    request.on('error', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}

function parse(line: string): WatchedEvent | undefined {
  try {
    const parsed = v.safeParse(watchedSchema, JSON.parse(line));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
