// [4] One invocation as the session knows it, from its beginning until its id is forgotten.
import type { Channel } from '../../../protocol/sealing.ts';
import type { Cut } from '../../../protocol/wire.ts';
import { Destination } from '../relay/destination.ts';
import type { Outcome } from '../worker/contract.ts';
import type { HttpFrontKind } from '../worker/runtime-api/http-answer.ts';
import { mostStreamedBytes } from './invocation-watcher.ts';
import type { OutgoingParts } from './outgoing-parts.ts';
import { StreamedStart } from './streamed-start.ts';

/** What is sent back for an invocation. */
export interface Answer {
  readonly outcome: Outcome;
  readonly codeMs: number;
  /** Number of parts of a streamed response before it. */
  readonly parts?: number | undefined;
}

/** One sending of an answer. */
interface Upload {
  /** Its number, so that chunks of two sendings are never mixed. */
  readonly attempt: number;
  readonly to: Destination;
  isUnderWay: boolean;
  /** Undefined until it is sealed. */
  cut: Cut | undefined;
  /** When the relay had accepted all of it. */
  deliveredMs: number | undefined;
}

export interface RunOptions {
  /** The conversation's id: unique for every invocation that a stub receives, even for a retry by Lambda. */
  readonly id: string;
  /** Lambda's request id, shown to the function, in its logs and in the terminal. */
  readonly requestId: string;
  readonly functionName: string;
  readonly channel: Channel;
  /** The stub's connection. */
  readonly replyTo: string;
  /** Until when the stub waits, on this machine's clock. */
  readonly deadlineMs: number;
  /** When the stub sent it, on this machine's clock. */
  readonly sentMs: number;
  /** The same on the stub's own clock. */
  readonly sentAt: number;
  /** The number of the message that began it. */
  readonly heardAttempt: number;
  /** The number of this end's last message about it. */
  readonly attempt: number;
  /** Its answer is recorded. */
  readonly isRecorded?: boolean | undefined;
  /** Creates the parts of a streamed response; undefined for a stub that accepts only whole answers. */
  readonly openParts: ((run: Run) => OutgoingParts) | undefined;
}

export class Run {
  readonly id: string;
  readonly requestId: string;
  readonly functionName: string;
  readonly channel: Channel;
  readonly deadlineMs: number;
  readonly sentMs: number;
  readonly sentAt: number;
  /** The parts of a streamed response; undefined for a stub that accepts only whole answers. */
  readonly parts: OutgoingParts | undefined;
  /** The variables that its code runs with, once that is known. */
  variables: Readonly<Record<string, string>> | undefined;
  /** What a recording keeps of the parts. */
  readonly streamed: StreamedStart | undefined;
  #to: Destination;
  #http: HttpFrontKind | undefined;
  /** Highest number among the stub's messages that name its connection. */
  #heardAttempt: number;
  #attempt: number;
  #answeredMs: number | undefined;
  #cancelled: string | undefined;
  #isAcknowledged = false;
  #upload: Upload | undefined;
  #answer: Answer | undefined;

  constructor(options: RunOptions) {
    this.id = options.id;
    this.requestId = options.requestId;
    this.functionName = options.functionName;
    this.channel = options.channel;
    this.deadlineMs = options.deadlineMs;
    this.sentMs = options.sentMs;
    this.sentAt = options.sentAt;
    this.#to = new Destination(options.replyTo);
    this.#heardAttempt = options.heardAttempt;
    this.#attempt = options.attempt;
    this.parts = options.openParts?.(this);
    this.streamed = options.isRecorded && this.parts ? new StreamedStart(mostStreamedBytes) : undefined;
  }

  /** The stub's latest connection. */
  get to(): Destination {
    return this.#to;
  }

  /** The HTTP front that turns the answer into a response; undefined for every other source. */
  get http(): HttpFrontKind | undefined {
    return this.#http;
  }

  get state(): 'running' | 'answered' {
    return this.#answeredMs === undefined ? 'running' : 'answered';
  }

  get answeredMs(): number | undefined {
    return this.#answeredMs;
  }

  /** Why the stub gave up (`deadline`, or the error that the caller got), if it did: nobody receives the answer. */
  get cancelled(): string | undefined {
    return this.#cancelled;
  }

  /** Whether the stub was told that the invocation is being processed. */
  get isAcknowledged(): boolean {
    return this.#isAcknowledged;
  }

  /** The latest sending of the answer. */
  get upload(): Upload | undefined {
    return this.#upload;
  }

  /** Undefined while it runs, and after it was dropped to make room. */
  get answer(): Answer | undefined {
    return this.#answer;
  }

  /** Returns the number of this end's next message about it. */
  nextAttempt(): number {
    this.#attempt += 1;
    return this.#attempt;
  }

  /** The same for an ack. */
  acknowledge(): number {
    this.#isAcknowledged = true;
    return this.nextAttempt();
  }

  /** Sets what the event says of its source, which is read once the code has started. */
  setHttp(http: HttpFrontKind | undefined): void {
    this.#http = http;
  }

  /** Takes the next bytes of a streamed response, as {@link OutgoingParts.write}. */
  write(bytes: Uint8Array, contentType: string): Promise<void> | undefined {
    this.streamed?.add(bytes);
    return this.parts?.write(bytes, contentType);
  }

  /**
   * The stub sent message number `attempt` from the connection `replyTo`. Returns undefined if a later message came first, since
   * that connection may be gone; otherwise whether the stub has moved to another connection.
   */
  heard(attempt: number, replyTo: string): { readonly hasMoved: boolean } | undefined {
    if (attempt < this.#heardAttempt) return undefined;
    this.#heardAttempt = attempt;
    const hasMoved = replyTo !== this.#to.connectionId;
    if (hasMoved || this.#to.isClosed) {
      this.#to.close();
      this.#to = new Destination(replyTo);
    }
    return { hasMoved };
  }

  /** The stub has given up: nothing more is sent to it. Returns whether the code was still running. */
  cancel(reason: string): boolean {
    this.#to.close();
    if (this.state !== 'running') return false;
    this.#cancelled = reason;
    this.parts?.close();
    return true;
  }

  finish(answer: Answer, nowMs: number): void {
    this.#answeredMs = nowMs;
    this.#answer = answer;
  }

  /** Makes room; that it ran is still known. */
  forgetAnswer(): void {
    this.#answer = undefined;
    this.parts?.close();
  }

  /** Begins a sending of the answer to the stub's current connection. */
  beginUpload(attempt: number): Upload {
    const upload = { attempt, to: this.#to, isUnderWay: true, cut: undefined, deliveredMs: undefined };
    this.#upload = upload;
    return upload;
  }
}
