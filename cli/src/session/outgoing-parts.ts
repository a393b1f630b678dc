// [4] A streamed response on its way to the stub: cut into parts, sent as they come, kept until the stub has them.
import type { Clock } from '../../../protocol/clock.ts';
import { within } from '../../../protocol/within.ts';
import { StreamHead } from './stream-head.ts';

/** One piece of a streamed response; `index` counts from 0. */
export interface Part {
  readonly index: number;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

interface OutgoingPartsOptions {
  readonly clock: Clock;
  /** Posts one part; resolves with whether the relay accepted it. Never rejects. */
  readonly post: (part: Part) => Promise<boolean>;
}

/** What most handlers write at once, and 87 KB on the wire: three of API Gateway's metering steps of 32 KB. */
export const partBytes = 64 * 1024;
/** Maximum that is sent and not acknowledged: fills a line of 100 Mbit/s with a round trip of 80 ms. */
export const windowBytes = 1024 * 1024;
/** The same in parts, for responses with many small ones. */
export const windowParts = 256;
/** Posts under way at once, as for the chunks of one message. */
const postsAtOnce = 8;

/**
 * Small writes are sent at once while nothing is under way, so that tokens appear one by one; behind a post they are
 * collected. Unacknowledged parts stay here and are sent again when the stub reports how far it got.
 */
export class OutgoingParts {
  readonly #options: OutgoingPartsOptions;
  #contentType = '';
  /** Written but not cut yet. */
  #buffer: Uint8Array[] = [];
  #bufferedBytes = 0;
  /** Sent but not acknowledged, in order. */
  #kept: Part[] = [];
  #keptBytes = 0;
  /** Those of them to send or resend before anything new. */
  #queue: Part[] = [];
  #cut = 0;
  #written = 0;
  readonly #head = new StreamHead();
  readonly #underWay = new Set<Part>();
  /** The relay refused a part: the stub must report its current connection first. */
  #stuck = false;
  /** Number of the stub's connection. */
  #line = 0;
  #ending = false;
  #stopped = false;
  #closed = false;
  #room: (() => void)[] = [];
  #onChange: () => void = () => {};

  constructor(options: OutgoingPartsOptions) {
    this.#options = options;
  }

  /** Number of parts cut so far. */
  get count(): number {
    return this.#cut;
  }

  /** Number of bytes written. */
  get written(): number {
    return this.#written;
  }

  /** What is wrong with the status, headers or cookies at the beginning of a response that has ended. */
  get fault(): string | undefined {
    return this.#head.fault;
  }

  /** HTTP status of a response that began with one. */
  get status(): number | undefined {
    return this.#head.status;
  }

  /** Number of bytes held. */
  get heldBytes(): number {
    return this.#keptBytes + this.#bufferedBytes;
  }

  /** Takes the next bytes. If it returns a promise, the window is full; the promise resolves when there is room. */
  write(bytes: Uint8Array, contentType: string): Promise<void> | undefined {
    if (this.#stopped) return undefined;
    this.#contentType = contentType;
    this.#head.take(bytes, contentType);
    this.#written += bytes.length;
    this.#buffer.push(bytes);
    this.#bufferedBytes += bytes.length;
    this.#send();
    return this.#isFull() ? new Promise((resolve) => this.#room.push(resolve)) : undefined;
  }

  /** The stub has passed on this many parts. */
  acknowledge(count: number): void {
    const isNeeded = ({ index }: Part) => index >= count;
    this.#queue = this.#queue.filter(isNeeded);
    this.#kept = this.#kept.filter(isNeeded);
    this.#keptBytes = this.#kept.reduce((sum, { bytes }) => sum + bytes.length, 0);
    this.#send();
    this.#makeRoom();
  }

  /**
   * The stub asks. From a new connection (`hasMoved`): everything that it lacks is sent again, since what was under way is lost.
   * Otherwise posts under way continue, and of what the relay has accepted, the part that the stub waits for is sent again, or
   * everything if nothing is under way.
   */
  resume(count: number, hasMoved: boolean): void {
    if (hasMoved) {
      this.#line += 1;
      this.#underWay.clear();
    }
    this.#stuck = false;
    const isBusy = this.#underWay.size > 0;
    this.#queue = this.#kept.filter(
      (part) => !this.#underWay.has(part) && (!isBusy || part.index === count || this.#queue.includes(part)),
    );
    this.acknowledge(count);
  }

  /**
   * Nothing more will be written. When all but the last bytes are cut, resolves with these, which are sent with the answer.
   * Undefined if `untilMs` (milliseconds since the epoch) or `close` came first.
   */
  async end(untilMs: number): Promise<Uint8Array | undefined> {
    this.#ending = true;
    this.#send();
    const { clock } = this.#options;
    while (this.#bufferedBytes > partBytes && !this.#closed && clock.now() < untilMs) {
      const changed = new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
      await within(clock, untilMs - clock.now(), changed, { background: true });
    }
    return this.#closed || this.#bufferedBytes > partBytes ? undefined : this.#take(partBytes);
  }

  /** Sends bytes as one more part regardless of the window, for an error, which has no parts itself. */
  append(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#closed) return;
    this.#queue.push(this.#nextPart(bytes));
    this.#send();
  }

  /** Accepts nothing more; parts that are cut are still sent. */
  stop(): void {
    this.#stopped = true;
    this.#buffer = [];
    this.#bufferedBytes = 0;
    this.#makeRoom();
    this.#onChange();
  }

  /** Drops everything and resolves what waits for it. */
  close(): void {
    this.#closed = true;
    this.#kept = [];
    this.#queue = [];
    this.#keptBytes = 0;
    this.stop();
  }

  #isFull(): boolean {
    return this.heldBytes >= windowBytes || this.#kept.length >= windowParts;
  }

  #makeRoom(): void {
    if (this.#isFull()) return;
    for (const go of this.#room.splice(0)) go();
  }

  #send(): void {
    while (!this.#stuck && this.#underWay.size < postsAtOnce) {
      const part =
        this.#queue.shift() ?? (this.#mayCut() ? this.#nextPart(this.#take(partBytes)) : undefined);
      if (part === undefined) break;
      void this.#post(part);
    }
    this.#onChange();
  }

  #mayCut(): boolean {
    if (this.#stopped || this.#keptBytes >= windowBytes || this.#kept.length >= windowParts) return false;
    // The rest of an ending response is sent with its answer.
    if (this.#ending) return this.#bufferedBytes > partBytes;
    return this.#bufferedBytes >= partBytes || (this.#bufferedBytes > 0 && this.#underWay.size === 0);
  }

  #nextPart(bytes: Uint8Array): Part {
    const part = { index: this.#cut, contentType: this.#contentType, bytes };
    this.#cut += 1;
    this.#kept.push(part);
    this.#keptBytes += bytes.length;
    return part;
  }

  async #post(part: Part): Promise<void> {
    this.#underWay.add(part);
    const line = this.#line;
    const taken = await this.#options.post(part);
    // Parts that were under way to the previous connection have been queued again since.
    if (line !== this.#line) return;
    this.#underWay.delete(part);
    if (!taken) {
      this.#stuck = true;
      if (this.#kept.includes(part)) this.#queue.unshift(part);
    }
    this.#send();
  }

  /** Removes the first of the buffered bytes. */
  #take(most: number): Uint8Array {
    const [first] = this.#buffer;
    const all = this.#buffer.length === 1 && first !== undefined ? first : Buffer.concat(this.#buffer);
    const taken = all.subarray(0, most);
    this.#buffer = all.length > most ? [all.subarray(most)] : [];
    this.#bufferedBytes -= taken.length;
    return taken;
  }
}
