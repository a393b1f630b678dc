// One direction of a stream at its receiver: bytes put in order, held until they are read, and the window that bounds them.
import { ByteQueue } from './byte-queue.ts';
import { firstWindowBytes, largestWindowBytes, maxSeenRanges } from './limits.ts';
import { Ranges } from './ranges.ts';

/** What windows may grow by, shared by the streams of a link. */
export interface WindowBudget {
  /** Bytes that no stream has taken. */
  left: number;
}

/** Who reads the bytes. */
export interface Reader {
  /** Bytes, in order. Returns whether it takes more now. */
  deliver(bytes: Buffer): boolean;
  /** The end, after all bytes. */
  finish(): void;
  /** Bytes delivered that nobody has read. */
  readonly unread: number;
}

/** A window grows when a quarter of it is read faster than this, and shrinks when that takes ten times as long. Milliseconds. */
const fastReadMs = 500;

/** A slice of a batch keeps all of it in memory; smaller parts of a batch are copied. */
const smallestShare = 0.5;

/** Bytes in one piece for the reader. */
const pieceBytes = 64 * 1024;

/** Ranges that wait for others: far more than the posts under way can cause. */
const mostWaiting = 16 * maxSeenRanges;

export class InHalf {
  readonly #reader: Reader;
  readonly #budget: WindowBudget;
  readonly #held = new ByteQueue();
  /** Arrived, from {@link #received} on, with something missing before. */
  readonly #waiting = new Ranges();
  /** All bytes before have arrived. */
  #received = 0;
  #delivered = 0;
  #final: number | undefined;
  #isFinished = false;
  #wants = true;
  #window = firstWindowBytes;
  #limit = firstWindowBytes;
  #grantedAt: number | undefined;
  #isGrantDue = false;

  constructor(reader: Reader, budget: WindowBudget) {
    this.#reader = reader;
    this.#budget = budget;
  }

  /** Bytes that have arrived in order. */
  get received(): number {
    return this.#received;
  }

  /** Bytes that are held here, read by nobody. */
  get held(): number {
    return this.#received - this.#delivered + this.#waiting.total;
  }

  /** Whether the reader has all bytes and the end. */
  get isDone(): boolean {
    return this.#isFinished;
  }

  /** Whether the other end must be sent {@link limit}. */
  get isGrantDue(): boolean {
    return this.#isGrantDue;
  }

  /** Takes bytes at any offset, in any order, repeated or not; false if the other end must not have sent them. */
  data(offset: number, bytes: Buffer, batchBytes: number): boolean {
    const end = offset + bytes.length;
    if (end > this.#limit || end > (this.#final ?? end)) return false;
    if (end <= this.#received) return true;
    const isNext = offset <= this.#received && this.#waiting.count === 0;
    if (isNext && this.#wants && this.#delivered === this.#received) {
      const fresh = bytes.subarray(this.#received - offset);
      this.#received = end;
      this.#delivered = end;
      this.#deliver(fresh.length < smallestShare * batchBytes ? Buffer.from(fresh) : fresh);
    } else {
      const start = Math.max(offset, this.#received);
      if (this.#delivered === this.#received && this.#waiting.count === 0)
        this.#held.dropBefore(this.#received, true);
      this.#held.write(start, bytes.subarray(start - offset));
      this.#waiting.add(start, end);
      if (this.#waiting.count > mostWaiting) return false;
      const first = this.#waiting.first;
      if (first?.[0] === this.#received) {
        this.#received = first[1];
        this.#waiting.removeFirst();
      }
    }
    this.#pump();
    return true;
  }

  /** The other end sends no bytes from `offset` on; false if that contradicts what it has sent before. */
  final(offset: number): boolean {
    const [, highest = this.#received] = this.#waiting.highest(1)[0] ?? [];
    if (offset < highest || offset > this.#limit || offset !== (this.#final ?? offset)) return false;
    this.#final = offset;
    this.#pump();
    return true;
  }

  /** The reader takes more. */
  read(): void {
    this.#wants = true;
    this.#pump();
  }

  /** What to announce: bytes up to here may be sent. */
  get limit(): number {
    return this.#limit;
  }

  /** It was announced. */
  grantSent(): void {
    this.#isGrantDue = false;
  }

  /** The announcement was lost. */
  grantLost(): void {
    this.#isGrantDue = !this.#isFinished;
  }

  /** Advances the window as far as bytes were read; whether it must be announced is then in {@link isGrantDue}. */
  updateWindow(nowMs: number): void {
    this.#grantedAt ??= nowMs;
    if (this.#final !== undefined) return;
    const read = this.#delivered - this.#reader.unread;
    const quarter = this.#window / 4;
    if (read + this.#window - this.#limit < quarter) return;
    const tookMs = nowMs - this.#grantedAt;
    this.#grantedAt = nowMs;
    const isFast = tookMs < fastReadMs && this.#received - read < quarter;
    if (isFast && this.#window < largestWindowBytes && this.#budget.left >= this.#window) {
      this.#budget.left -= this.#window;
      this.#window *= 2;
    } else if (tookMs > 10 * fastReadMs && this.#window > firstWindowBytes) {
      this.#window /= 2;
      this.#budget.left += this.#window;
    }
    if (read + this.#window <= this.#limit) return;
    this.#limit = read + this.#window;
    this.#isGrantDue = true;
  }

  /** Forgets everything held, and returns what the window took from the budget. */
  close(): void {
    this.#budget.left += this.#window - firstWindowBytes;
    this.#window = firstWindowBytes;
    this.#held.dropBefore(this.#received, true);
    this.#waiting.clear();
    this.#delivered = this.#received;
    this.#isFinished = true;
    this.#isGrantDue = false;
  }

  /** The reader may ask for more before `deliver` returns. */
  #deliver(bytes: Buffer): void {
    this.#wants = false;
    if (this.#reader.deliver(bytes)) this.#wants = true;
  }

  #pump(): void {
    while (this.#wants && this.#delivered < this.#received) {
      const end = Math.min(this.#received, this.#delivered + pieceBytes);
      const piece = Buffer.allocUnsafe(end - this.#delivered);
      this.#held.copyTo(piece, 0, this.#delivered, end);
      this.#delivered = end;
      this.#held.dropBefore(end, end === this.#received && this.#waiting.count === 0);
      this.#deliver(piece);
    }
    if (this.#isFinished || this.#delivered !== this.#final) return;
    this.#isFinished = true;
    this.#reader.finish();
  }
}
