// [4] What is sent back to a stub about its invocation: ack, answer, or that nothing is known of it.
import type { Clock } from '../../../protocol/clock.ts';
import { type ErrorCode, LiveDebugError } from '../../../protocol/live-debug-error.ts';
import type { Message, MessageHead } from '../../../protocol/message.ts';
import type { PostOutcome } from '../../../protocol/relay-post.ts';
import type { Channel } from '../../../protocol/sealing.ts';
import type { Cut } from '../../../protocol/wire.ts';
import type { Sealed } from '../relay/outbox.ts';
import type { RelayLink } from '../relay/relay-link.ts';
import type { FunctionError, Outcome } from '../worker/contract.ts';
import { bodyOf } from './answers.ts';
import type { Held } from './doubts.ts';
import type { Part } from './outgoing-parts.ts';
import { lost, tooLarge } from './own-errors.ts';
import type { Answer, Run } from './run.ts';

interface RepliesOptions {
  readonly link: Pick<RelayLink, 'post'>;
  readonly clock: Clock;
  readonly onError: (code: ErrorCode, message: string) => void;
}

/** Delivery of an answer is retried this long past the stub's deadline, since its clock may differ. */
export const deliveryGraceMs = 5000;

/** An invocation whose stub would hear nothing for this long is acknowledged early: it waits 3 s for an ack, then resends. */
const ackAheadMs = 1000;

/** A question that crossed the end of an upload only asks for what has been sent. */
const crossingMs = 1000;

/** Chunks of a sending of the answer that a stub lacks. */
type Lacking = NonNullable<MessageHead<'probe'>['lacks']>;

/** One sending of an answer: all of it, or some chunks, cut as before. */
interface Sending {
  readonly attempt: number;
  readonly untilMs: number;
  readonly cut?: Cut;
  readonly chunks?: ReadonlySet<number>;
}

const nothing = new Uint8Array(0);

/** All messages of this end about invocations. */
export class Replies {
  readonly #options: RepliesOptions;

  constructor(options: RepliesOptions) {
    this.#options = options;
  }

  /** Runs beside the work; also warms the connection for the answer. */
  async acknowledge(run: Run): Promise<void> {
    const { link, onError } = this.#options;
    const { id, to } = run;
    const ack = { type: 'ack', id, attempt: run.acknowledge(), head: {}, body: nothing } as const;
    const posted = await link.post(to, run.channel, ack, run.deadlineMs);
    // Gone: the stub opens a new connection and asks from there.
    if (posted.kind === 'failed' && !to.isClosed)
      onError('LD_RELAY', `the relay did not accept an ack: ${posted.reason}`);
  }

  /** Asks whether the stub still waits for an invocation that may be old, retrying as long as a stub waits for an ack. */
  async ask(held: Held): Promise<void> {
    held.attempt += 1;
    const { clock, link, onError } = this.#options;
    const { channel, message } = held;
    const ask = {
      type: 'ack',
      id: message.id,
      attempt: held.attempt,
      head: { asks: true },
      body: nothing,
    } as const;
    const posted = await link.post(message.head.replyTo, channel, ask, clock.now() + deliveryGraceMs);
    if (posted.kind === 'failed')
      onError('LD_RELAY', `the relay did not accept a question: ${posted.reason}`);
  }

  /** The invocation is not run here. A stub that does not receive this notices the silence. */
  async moved(
    id: string,
    replyTo: string,
    channel: Channel,
    reason: MessageHead<'moved'>['reason'],
  ): Promise<void> {
    const { clock, link } = this.#options;
    const moved = { type: 'moved', id, attempt: 1, head: { reason }, body: nothing } as const;
    await link.post(replyTo, channel, moved, clock.now() + deliveryGraceMs);
  }

  /** Sends a part of a streamed response; false if it must wait until the stub asks for it. */
  async part(run: Run, { index, contentType, bytes }: Part): Promise<boolean> {
    const { link, onError } = this.#options;
    const { id, to } = run;
    const head = { index, contentType };
    const message = { type: 'part', id, attempt: run.nextAttempt(), head, body: bytes } as const;
    const endWait = this.#acknowledgeUnlessQuick(run);
    const posted = await link.post(to, run.channel, message, run.deadlineMs);
    endWait();
    if (posted.kind === 'failed' && !to.isClosed) {
      const what = `part ${index} of the response to ${run.requestId} was not delivered: ${posted.reason}`;
      onError('LD_RELAY', `${what}; it is kept and sent when the stub asks`);
    }
    return posted.kind === 'delivered';
  }

  /**
   * Sends an answer, until `untilMs` at most. If the stub's connection is gone, the answer is kept for the stub to fetch from
   * its next one.
   */
  async answer(run: Run, answer: Answer, untilMs = run.deadlineMs + deliveryGraceMs): Promise<void> {
    await this.#upload(run, answer, { attempt: run.nextAttempt(), untilMs });
  }

  /**
   * The stub asks for an answer that exists. A sending under way continues, one copy at a time; of one that was cut off the stub
   * gets the chunks it lacks.
   */
  async again(run: Run, answer: Answer, lacks: Lacking | undefined): Promise<void> {
    const { upload, to } = run;
    const untilMs = run.deadlineMs + deliveryGraceMs;
    const isSame = upload !== undefined && upload.to === to;
    const { deliveredMs } = upload ?? {};
    const isThere = deliveredMs !== undefined && this.#options.clock.now() - deliveredMs < crossingMs;
    if (isSame && (upload.isUnderWay || (isThere && lacks !== undefined))) return this.acknowledge(run);
    if (upload?.cut === undefined || lacks?.attempt !== upload.attempt) return this.answer(run, answer);
    const { attempt, cut } = upload;
    await Promise.all([
      this.acknowledge(run),
      this.#upload(run, answer, { attempt, untilMs, cut, chunks: new Set(lacks.chunks) }),
    ]);
  }

  /** The stub asked about an invocation that can no longer be answered. */
  lost(id: string, attempt: number, replyTo: string, channel: Channel): Promise<void> {
    return this.fail(id, attempt, replyTo, channel, lost());
  }

  /** Answers an invocation that is not remembered. */
  async fail(
    id: string,
    attempt: number,
    replyTo: string,
    channel: Channel,
    error: FunctionError,
  ): Promise<void> {
    const { clock, link } = this.#options;
    const message = messageOf(id, attempt, { outcome: { ok: false, error }, codeMs: 0 });
    await link.post(replyTo, channel, message, clock.now() + deliveryGraceMs);
  }

  async #upload(run: Run, answer: Answer, sending: Sending): Promise<void> {
    const { clock, onError } = this.#options;
    const { to } = run;
    const upload = run.beginUpload(sending.attempt);
    const endWait = this.#acknowledgeUnlessQuick(run);
    const posted = await this.#post(run, answer, sending, ({ cut, texts }) => {
      upload.cut = cut;
      // It counts as an ack only once it is whole.
      if (texts.length > 1 && !run.isAcknowledged) void this.acknowledge(run);
    });
    endWait();
    upload.isUnderWay = false;
    if (posted.kind === 'delivered') upload.deliveredMs = clock.now();
    if (posted.kind !== 'failed' || to.isClosed) return;
    const what = `the answer to ${run.requestId} was not delivered: ${posted.reason}`;
    onError('LD_RELAY', `${what}; it is kept and sent when the stub asks`);
  }

  async #post(
    run: Run,
    answer: Answer,
    { attempt, untilMs, ...how }: Sending,
    onSealed: (sealed: Sealed) => void,
  ): Promise<PostOutcome> {
    const { link } = this.#options;
    const { channel, id, to } = run;
    const options = { ...how, onSealed };
    try {
      return await link.post(to, channel, messageOf(id, attempt, answer), untilMs, options);
    } catch (error) {
      // Workers enforce Lambda's limit, but an error's text may grow when encoded as JSON. The stub must not wait for it.
      if (!(error instanceof LiveDebugError && error.code === 'LD_TOO_LARGE')) throw error;
      const outcome: Outcome = { ok: false, error: tooLarge(error.message) };
      return link.post(to, channel, messageOf(id, attempt, { ...answer, outcome }), untilMs, options);
    }
  }

  /** A message takes time behind others, or on a slow line. Returns a function that ends the wait. */
  #acknowledgeUnlessQuick(run: Run): () => void {
    if (run.isAcknowledged) return () => undefined;
    const late = () => {
      if (!run.isAcknowledged) void this.acknowledge(run);
    };
    const timer = this.#options.clock.after(ackAheadMs, late, { background: true });
    return () => timer.cancel();
  }
}

function messageOf(
  id: string,
  attempt: number,
  { outcome, codeMs, parts }: Answer,
): Message<'result'> | Message<'error'> {
  const common = { id, attempt, body: bodyOf(outcome) };
  const head = { codeMs, ...(parts ? { parts } : {}) };
  return outcome.ok
    ? { ...common, type: 'result', head: { contentType: outcome.contentType, ...head } }
    : { ...common, type: 'error', head };
}
