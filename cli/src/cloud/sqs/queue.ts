// SQS: one queue, standard or FIFO: its messages, their visibility, and where they go after too many receives.
import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock, Timer } from '../../../../protocol/clock.ts';
import type { Storage } from '../aws-api/storage.ts';
import { messageSize, type NewMessage, type QueueMessage } from './message.ts';
import { queueLimits } from './queue-limits.ts';

interface QueueOptions {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly isFifo: boolean;
  /** FIFO: a message without a deduplication id gets that of its content. */
  readonly deduplicatesByContent: boolean;
  readonly visibilityTimeoutSeconds: number;
  /** Where messages go that were received too often and not deleted. */
  readonly redrive: { readonly deadLetterQueue: Queue; readonly maxReceiveCount: number } | undefined;
  readonly clock: Clock;
  readonly storage: Storage;
  /** What it holds from the beginning. */
  readonly state?: QueueState | undefined;
  /** Called with messages that went to the dead-letter queue. */
  readonly onRedrive?: (messages: readonly QueueMessage[]) => void;
}

/** What a queue holds, for the one that takes its place. */
export interface QueueState {
  readonly createdAt: number;
  readonly messages: readonly QueueMessage[];
  readonly recent: ReadonlyMap<string, SentBefore>;
  readonly sequence: bigint;
}

interface ReceiveLimits {
  readonly messages: number;
  /** Total size of bodies and attributes. */
  readonly bytes?: number;
  /** Default: the queue's own. */
  readonly visibilitySeconds?: number | undefined;
}

/** What a sender gets to know of a message. */
type SentBefore = Pick<QueueMessage, 'id' | 'sequenceNumber' | 'sentAt'>;

export class Queue {
  readonly options: QueueOptions;
  readonly createdAt: number;
  /** In the order they were sent. */
  readonly #messages = new Set<QueueMessage>();
  /** Messages that were received or wait for a delay: few, however long the queue is. */
  readonly #touched = new Set<QueueMessage>();
  readonly #byHandle = new Map<string, QueueMessage>();
  /** FIFO: what was sent in the last five minutes, by deduplication id; without the messages, which may be gone. */
  readonly #recent = new Map<string, SentBefore>();
  readonly #watchers = new Set<() => void>();
  #wake: Timer | undefined;
  #sequence = 0n;
  #closed = false;

  constructor(options: QueueOptions) {
    this.options = options;
    const { clock, state, storage } = options;
    this.createdAt = state?.createdAt ?? clock.now();
    if (state === undefined) return;
    this.#sequence = state.sequence;
    for (const [id, sent] of state.recent) this.#recent.set(id, sent);
    for (const message of state.messages) {
      storage.take(message.size);
      this.#messages.add(message);
      if (message.receiveCount > 0 || message.visibleAt > clock.now()) this.#touched.add(message);
      if (message.receiptHandle !== undefined) this.#byHandle.set(message.receiptHandle, message);
    }
    this.#schedule();
  }

  /** How many can be received now, wait for their delay, and were received but not deleted. */
  get counts(): { readonly visible: number; readonly delayed: number; readonly inFlight: number } {
    const counts = { visible: 0, delayed: 0, inFlight: 0 };
    const now = this.options.clock.now();
    for (const message of this.#messages) {
      if (message.visibleAt <= now) counts.visible += 1;
      else if (message.receiveCount === 0) counts.delayed += 1;
      else counts.inFlight += 1;
    }
    return counts;
  }

  /** In a FIFO queue, returns the message that was already sent under the same deduplication id. Throws a CloudFullError. */
  send(sent: NewMessage): SentBefore {
    const now = this.options.clock.now();
    return this.#duplicateOf(sent.deduplicationId, now) ?? this.#add(sent, randomUUID(), now);
  }

  /**
   * Takes a message that another queue gave up on, under its own id, which is its deduplication id in a FIFO queue; there its sent
   * time is reset. Throws a CloudFullError.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
   * and sqs-configure-dead-letter-queue-redrive.html
   */
  takeOver({ attributes, body, groupId, id, senderId, sentAt, traceHeader }: QueueMessage): void {
    const { clock, isFifo } = this.options;
    const deduplicationId = isFifo ? id : undefined;
    const sent = { attributes, body, groupId, senderId, traceHeader, deduplicationId, delaySeconds: 0 };
    this.#add(sent, id, isFifo ? clock.now() : sentAt);
  }

  #add(sent: NewMessage, id: string, sentAt: number): SentBefore {
    const { clock, storage, isFifo } = this.options;
    const size = messageSize(sent.body, sent.attributes);
    storage.take(size);
    this.#sequence += 1n;
    const message: QueueMessage = {
      ...sent,
      id,
      sequenceNumber: isFifo ? `188${String(this.#sequence).padStart(17, '0')}` : undefined,
      sentAt,
      size,
      firstReceivedAt: undefined,
      receiveCount: 0,
      visibleAt: clock.now() + sent.delaySeconds * 1000,
      receiptHandle: undefined,
    };
    this.#messages.add(message);
    if (sent.delaySeconds > 0) this.#touched.add(message);
    const { sequenceNumber } = message;
    if (isFifo && sent.deduplicationId !== undefined)
      this.#recent.set(sent.deduplicationId, { id, sequenceNumber, sentAt });
    this.#changed();
    return message;
  }

  /** Takes visible messages and hides them; those received too often move to the dead-letter queue instead. */
  receive({
    messages: most,
    bytes = Number.POSITIVE_INFINITY,
    visibilitySeconds,
  }: ReceiveLimits): QueueMessage[] {
    const { clock, visibilityTimeoutSeconds } = this.options;
    const now = clock.now();
    this.#redrive(now);
    const received: QueueMessage[] = [];
    let size = 0;
    for (const message of this.#receivable(now)) {
      if (received.length === most || (received.length > 0 && size + message.size > bytes)) break;
      size += message.size;
      received.push(message);
    }
    for (const message of received) {
      this.#touched.add(message);
      message.receiveCount += 1;
      message.firstReceivedAt ??= now;
      message.visibleAt = now + (visibilitySeconds ?? visibilityTimeoutSeconds) * 1000;
      if (message.receiptHandle !== undefined) this.#byHandle.delete(message.receiptHandle);
      message.receiptHandle = randomBytes(48).toString('base64');
      this.#byHandle.set(message.receiptHandle, message);
    }
    if (received.length > 0) this.#schedule();
    return received;
  }

  /** How many can be received now, counted up to `most`. */
  receivableCount(most: number): number {
    const now = this.options.clock.now();
    this.#redrive(now);
    let count = 0;
    for (const _ of this.#receivable(now)) {
      count += 1;
      if (count === most) break;
    }
    return count;
  }

  /** False for a handle of no message here, or not of its last receive. */
  delete(receiptHandle: string): boolean {
    const message = this.#byHandle.get(receiptHandle);
    if (!message) return false;
    this.#remove(message);
    this.#changed();
    return true;
  }

  /** Hides a received message for this long from now; 0 makes it visible at once. */
  changeVisibility(receiptHandle: string, seconds: number): boolean {
    const message = this.#byHandle.get(receiptHandle);
    if (!message) return false;
    message.visibleAt = this.options.clock.now() + seconds * 1000;
    this.#changed();
    return true;
  }

  /** Moves messages to the dead-letter queue; without one they are deleted. */
  giveUp(messages: readonly QueueMessage[]): void {
    const target = this.options.redrive?.deadLetterQueue;
    for (const message of messages) {
      this.#remove(message);
      target?.takeOver(message);
    }
    this.#changed();
  }

  /** Makes messages visible as if they had not been received: what received them has ended. */
  putBack(messages: Iterable<QueueMessage>): void {
    for (const message of messages) {
      if (!this.#messages.has(message)) continue;
      message.receiveCount -= 1;
      message.visibleAt = this.options.clock.now();
    }
    this.#changed();
  }

  /** Everything that it holds; afterwards it is empty, and its handles are unknown. */
  handOver(): QueueState {
    const { createdAt } = this;
    const state = {
      createdAt,
      messages: [...this.#messages],
      recent: new Map(this.#recent),
      sequence: this.#sequence,
    };
    this.purge();
    return state;
  }

  purge(): void {
    for (const message of this.#messages) this.#remove(message);
  }

  /** Calls whenever there may be something to receive; returns a function that ends that. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  close(): void {
    this.#closed = true;
    this.#wake?.cancel();
    this.#watchers.clear();
  }

  /** In order; in a FIFO queue, skips groups with a message in flight. */
  *#receivable(now: number): Generator<QueueMessage> {
    const blocked = new Set<string | undefined>();
    for (const message of this.#messages) {
      const { isFifo } = this.options;
      if (isFifo && blocked.has(message.groupId)) continue;
      if (message.visibleAt <= now) yield message;
      else blocked.add(message.groupId);
    }
  }

  #redrive(now: number): void {
    const { redrive, onRedrive } = this.options;
    if (!redrive) return;
    const spent = [...this.#touched].filter(
      ({ receiveCount, visibleAt }) => receiveCount >= redrive.maxReceiveCount && visibleAt <= now,
    );
    if (spent.length === 0) return;
    this.giveUp(spent);
    onRedrive?.(spent);
  }

  #duplicateOf(deduplicationId: string | undefined, now: number): SentBefore | undefined {
    for (const [id, { sentAt }] of this.#recent) {
      if (sentAt > now - queueLimits.deduplicationMs) break;
      this.#recent.delete(id);
    }
    return deduplicationId === undefined ? undefined : this.#recent.get(deduplicationId);
  }

  #remove(message: QueueMessage): void {
    if (!this.#messages.delete(message)) return;
    this.#touched.delete(message);
    this.options.storage.give(message.size);
    if (message.receiptHandle !== undefined) this.#byHandle.delete(message.receiptHandle);
  }

  #changed(): void {
    this.#schedule();
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** One timer, for the message that becomes visible next. */
  #schedule(): void {
    this.#wake?.cancel();
    this.#wake = undefined;
    if (this.#closed) return;
    const { clock } = this.options;
    const now = clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const { visibleAt } of this.#touched) if (visibleAt > now) next = Math.min(next, visibleAt);
    if (next === Number.POSITIVE_INFINITY) return;
    this.#wake = clock.after(next - now, () => this.#changed(), { background: true });
  }
}
