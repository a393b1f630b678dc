// The messages both ends speak, version 1: names, fields and limits. docs/protocol.md tells the story.
import * as v from 'valibot';
import { secretIdPattern } from './stage-secret.ts';

/** Raised when either end can no longer understand the other; both must be of one version. */
export const protocolVersion = 1;

/**
 * - `invoke`: stub to client, an invocation; its body is the event.
 * - `ack`: client to stub, the whole invocation arrived and is being worked on; stub to client, so many parts of a
 *   streamed response were passed on.
 * - `part`: client to stub, the next bytes of a streamed response.
 * - `result`: client to stub, the function answered; its body is the answer, or what is left of it after its parts.
 * - `error`: client to stub, the function failed; its body is the Runtime API's error JSON.
 * - `probe`: stub to client, is this invocation still worked on? Answered by `ack`, or by the answer if it is there.
 * - `cancel`: stub to client, nobody waits for this invocation any more, or another client has it.
 * - `moved`: client to stub, not run here: another client holds the function, or this one is stopping.
 * - `displaced`: client to client, another one serves from now on.
 */
export const messageTypes = [
  'invoke',
  'ack',
  'part',
  'result',
  'error',
  'probe',
  'cancel',
  'moved',
  'displaced',
] as const;
export type MessageType = (typeof messageTypes)[number];

/**
 * What a stub of a later version says it understands, in `understands` of its invoke. A stub that names nothing is of
 * 0.1.0 and refuses `moved` by its header.
 * - `asks`: it answers an `ack` that asks with a `probe` as long as it waits.
 * - `moved`: it goes on to anyone who holds the function.
 * - `br`: it takes messages that are compressed by brotli.
 * - `bits7`: it takes texts with seven bits to a character.
 * - `receiving`: it takes such an `ack` for what it is, and waits on.
 *
 * A client says `br` and `bits7` in its item's `capabilities`.
 */
export const abilities = ['asks', 'moved', 'br', 'bits7', 'receiving'] as const;

/**
 * API Gateway closes a connection whose message is over 128 KB (docs/platform-notes.md); 1 KB of that is left unused.
 * Metering is in steps of 32 KB, so a full message costs four.
 */
export const maxWireBytes = 127 * 1024;

/** A message before sealing: Lambda's 6 MB payload (6,291,556 bytes), its environment and some room. */
export const maxMessageBytes = 7 * 1024 * 1024;

/**
 * The head of a message, as JSON. The largest is an invocation's: 4 KB of environment (AWS: "Lambda quotas"), 3,583 bytes
 * of client context in base64, an identity; the rest is room.
 */
export const maxHeadBytes = 64 * 1024;

/** Enough chunks for a message that does not compress: 7 MiB in pieces of about 94 KB, in base64. */
export const maxChunks = 96;

const identifier = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
/** In the clear header, where a character must be one byte: letters, digits and punctuation of ASCII. */
const asciiIdentifier = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,128}$/));
const millisecondsSinceEpoch = v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15));
const optionalText = v.optional(v.string());
/** How many, or which, of a streamed response's parts. */
const partCount = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2_147_483_647));

const sendingNumber = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2_147_483_647));
const chunkNumber = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(maxChunks - 1));

/** What stands in clear before each sealed chunk, and is authenticated with it. */
export const headerSchema = v.strictObject({
  v: v.literal(protocolVersion),
  type: v.picklist(messageTypes),
  /**
   * One conversation: made up by a stub for each invocation it receives, and carried by all messages about it.
   * Not Lambda's request id, which "is reused for retries on the same request" (AWS, Context of
   * aws-lambda-java-core): a retry must run again, not get the answer of the run before. `displaced` has its own.
   */
  id: asciiIdentifier,
  /** Counts one end's sendings in a conversation, from 1, so that chunks of two sendings never mix. */
  attempt: sendingNumber,
  /** This chunk's place, from 0, and how many there are. */
  seq: chunkNumber,
  total: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maxChunks)),
  /** The message was compressed before it was cut and sealed: by gzip, or by brotli. */
  gzip: v.optional(v.literal(true)),
  br: v.optional(v.literal(true)),
  /** The sealed chunk is seven bits to a character; without it base64. */
  bits: v.optional(v.literal(7)),
  /** Towards a client only: the sender's encapsulated HPKE key, base64. */
  enc: v.optional(v.pipe(v.string(), v.minLength(8), v.maxLength(256))),
  /** Towards a client only: the id of the stage's secret that the sender has; without it the sender proves nothing. */
  psk: v.optional(v.pipe(v.string(), v.regex(secretIdPattern))),
});
export type MessageHeader = v.InferOutput<typeof headerSchema>;

/** The sealed fields of each type; the body follows them as raw bytes. */
export const headSchemas = {
  invoke: v.object({
    /** Lambda's request id, for the function's context and its logs. */
    requestId: identifier,
    /** The function's name in the manifest. */
    function: identifier,
    /** The stub instance; one worker serves one. */
    instance: identifier,
    /** The stub's connection id: where ack, result and error go. */
    replyTo: identifier,
    /** The stub's clock when it sent this, and when the stub must have answered. */
    sentAt: millisecondsSinceEpoch,
    deadline: millisecondsSinceEpoch,
    arn: v.string(),
    traceId: optionalText,
    clientContext: optionalText,
    identity: optionalText,
    /** Of a function with tenant isolation. */
    tenantId: optionalText,
    environment: v.record(v.string(), v.string()),
    /** The stub passes a streamed response on as it comes; without it every answer is whole. */
    streams: v.optional(v.literal(true)),
    /** Until when the stub waits for an ack of this sending at least, on its clock. */
    ackBy: v.optional(millisecondsSinceEpoch),
    /** The connection of the client that holds the function is gone: it is for the next in the directory's order. */
    instead: v.optional(v.literal(true)),
    /** {@link abilities}; others are of a later version. */
    understands: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(32))), v.maxLength(32))),
  }),
  /**
   * `parts`, from a stub: all before this one were passed on. `asks`, from a client: it has not begun, since the
   * invocation may be old, and begins when the stub answers with a `probe`. `receiving`, from a client: some chunks of the
   * `invoke` are there, and it is no ack yet.
   */
  ack: v.object({
    parts: v.optional(partCount),
    asks: v.optional(v.literal(true)),
    receiving: v.optional(v.literal(true)),
  }),
  /** `index` is its place from 0; `contentType` is the response's. */
  part: v.object({ index: partCount, contentType: v.string() }),
  result: v.object({
    contentType: v.string(),
    /** Milliseconds the code ran. */
    codeMs: v.number(),
    /** How many parts come before this; none for an answer that is whole. */
    parts: v.optional(partCount),
  }),
  error: v.object({ codeMs: v.number(), parts: v.optional(partCount) }),
  /**
   * `replyTo` as in `invoke`: the stub may have a new connection since. `parts` as in `ack`. `lacks`: of the answer's
   * sending of this number some chunks are there, and these are not.
   */
  probe: v.object({
    replyTo: identifier,
    parts: v.optional(partCount),
    lacks: v.optional(
      v.object({ attempt: sendingNumber, chunks: v.pipe(v.array(chunkNumber), v.maxLength(maxChunks)) }),
    ),
  }),
  /** `code`: the error that the caller got, e.g. `LD_NO_ACK`; absent for a deadline. */
  cancel: v.object({
    reason: v.picklist(['deadline', 'shutdown']),
    code: v.optional(v.pipe(v.string(), v.regex(/^[A-Z_]{1,40}$/))),
  }),
  moved: v.object({ reason: v.picklist(['not-held', 'stopping']) }),
  displaced: v.object({
    by: v.object({ user: v.string(), host: v.string() }),
    at: millisecondsSinceEpoch,
  }),
} as const satisfies Record<MessageType, v.GenericSchema>;

export type MessageHead<T extends MessageType> = v.InferOutput<(typeof headSchemas)[T]>;

/** One whole message of a type, opened and parsed. */
export interface Message<T extends MessageType = MessageType> {
  readonly type: T;
  readonly id: string;
  readonly attempt: number;
  readonly head: MessageHead<T>;
  readonly body: Uint8Array;
  /** Of one that arrived: what its head took as JSON. */
  readonly headBytes?: number;
}

/** What a message that arrived takes in memory: its body, its head as it came, and parsed, which takes several times that. */
export function heldBytes({ body, headBytes = 0 }: Message): number {
  return body.length + 4 * headBytes;
}

/** A message of any type, as a union that `switch (message.type)` narrows. */
export type AnyMessage = { [T in MessageType]: Message<T> }[MessageType];

/** The Runtime API's error JSON; other fields are kept, and those that a runtime fills otherwise passed over. */
export const functionErrorSchema = v.looseObject({
  errorType: v.fallback(v.string(), 'Error'),
  errorMessage: v.fallback(v.string(), ''),
  trace: v.fallback(v.optional(v.array(v.string())), undefined),
  stackTrace: v.fallback(v.optional(v.array(v.unknown())), undefined),
});
