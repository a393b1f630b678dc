// [4] Invocations that may be too old to begin: held until their stub says that it still waits, for a bounded time.
import type { Clock, Timer } from '../../../protocol/clock.ts';
import { heldBytes, type Message } from '../../../protocol/message.ts';
import type { Channel } from '../../../protocol/sealing.ts';

/** An invocation that is held. */
export interface Held {
  readonly message: Message<'invoke'>;
  readonly channel: Channel;
  /** Its age on arrival, in milliseconds. */
  readonly lateMs: number;
  /** Counts this end's messages about it. */
  attempt: number;
}

interface DoubtsOptions {
  readonly clock: Clock;
  /** Asks the stub; resolves when the question is sent. Never rejects. */
  readonly ask: (held: Held) => Promise<void>;
  /** Its stub did not answer, or there was no room to wait for it. */
  readonly onGivenUp: (held: Held) => void;
}

/** A stub that answers such questions does so within a second or two. */
const answerMs = 4000;
/** A stub of 0.1.0 only asks back unprompted, 10 s after the ack. */
const ownProbeMs = 15_000;

/** Maximum number held at once. */
export const maxHeld = 1000;
const maxHeldBytes = 64 * 1024 * 1024;

export class Doubts {
  readonly #options: DoubtsOptions;
  readonly #held = new Map<string, { readonly held: Held; timer: Timer | undefined }>();
  #bytes = 0;

  constructor(options: DoubtsOptions) {
    this.#options = options;
  }

  get all(): readonly Held[] {
    return [...this.#held.values()].map(({ held }) => held);
  }

  get(id: string): Held | undefined {
    return this.#held.get(id)?.held;
  }

  /** Holds the invocation, or a resent copy of a held one, and asks its stub. */
  hold(message: Message<'invoke'>, channel: Channel, lateMs: number): void {
    const before = this.take(message.id);
    const held = { message, channel, lateMs: before?.lateMs ?? lateMs, attempt: before?.attempt ?? 0 };
    const entry = { held, timer: undefined as Timer | undefined };
    this.#held.set(message.id, entry);
    this.#bytes += heldBytes(message);
    for (const [oldest, { held: least }] of this.#held) {
      if (this.#held.size <= maxHeld && this.#bytes <= maxHeldBytes) break;
      this.take(oldest);
      this.#options.onGivenUp(least);
    }
    const { ask, clock, onGivenUp } = this.#options;
    const boundMs = message.head.understands?.includes('asks') ? answerMs : ownProbeMs;
    void ask(held).then(() => {
      if (this.#held.get(message.id) !== entry) return;
      const giveUp = () => {
        this.take(message.id);
        onGivenUp(held);
      };
      entry.timer = clock.after(boundMs, giveUp, { background: true });
    });
  }

  /** Hands the invocation back to the caller, which decides. */
  take(id: string): Held | undefined {
    const entry = this.#held.get(id);
    if (entry === undefined) return undefined;
    entry.timer?.cancel();
    this.#held.delete(id);
    this.#bytes -= heldBytes(entry.held.message);
    return entry.held;
  }

  /** Drops all of them without a report. */
  close(): void {
    for (const id of [...this.#held.keys()]) this.take(id);
  }
}
