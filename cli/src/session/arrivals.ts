// [4] Decides whether an arriving invocation begins here: not if its caller already got an error, or another client holds it.
import type { Clock } from '../../../protocol/clock.ts';
import type { ClockSkew } from '../../../protocol/clock-skew.ts';
import type { Message } from '../../../protocol/message.ts';
import type { Channel } from '../../../protocol/sealing.ts';
import type { Holders } from '../relay/holders.ts';
import { Ages } from './age.ts';
import { Doubts, type Held } from './doubts.ts';
import type { Replies } from './replies.ts';

interface ArrivalsOptions {
  readonly clock: Clock;
  readonly skew: ClockSkew;
  /** Which functions others hold. */
  readonly holders: Pick<Holders, 'of' | 'read'>;
  /** Whether this session serves it, by the filter that matched it. */
  readonly isWanted: (head: Pick<Message<'invoke'>['head'], 'filter'>) => boolean;
  readonly replies: Pick<Replies, 'ask' | 'moved'>;
  /** Whether the invocation may be a copy of one whose id was forgotten. */
  readonly mayBeCopy: (channel: Channel, sentAt: number) => boolean;
  /** Whether it has begun, was cancelled, or no invocation begins any more. */
  readonly isSettled: (channel: Channel, id: string) => boolean;
  /** Begins the invocation; `attempt` is the number of this end's last message about it. */
  readonly begin: (message: Message<'invoke'>, channel: Channel, attempt: number) => void;
  /** It never begins. `lateMs` is its age on arrival; `isElsewhere`: another client has it. */
  readonly onLate: (
    message: Message<'invoke'>,
    lateMs: number,
    channel: Channel,
    isElsewhere?: boolean,
  ) => void;
  readonly track: (work: Promise<unknown>) => void;
}

export class Arrivals {
  readonly #options: ArrivalsOptions;
  readonly #doubts: Doubts;
  readonly ages: Ages;

  constructor(options: ArrivalsOptions) {
    this.#options = options;
    this.ages = new Ages(options.clock, options.skew);
    this.#doubts = new Doubts({
      clock: options.clock,
      ask: (held) => options.replies.ask(held),
      onGivenUp: ({ channel, lateMs, message }) => options.onLate(message, lateMs, channel),
    });
  }

  /** The invocation with this id if it is held until its stub confirms that it waits. */
  held(id: string): Held | undefined {
    return this.#doubts.get(id);
  }

  /** Takes a new invocation. */
  take(message: Message<'invoke'>, channel: Channel): void {
    const { holders, isWanted, track } = this.#options;
    if (!isWanted(message.head)) return this.leave(message, channel, 'not-held');
    if (holders.of(message.head.function) && !message.head.instead) track(this.#unlessHeld(message, channel));
    else this.#takeByAge(message, channel);
  }

  /** Its stub asks about an invocation: if it is held, it begins, and answers go to the stub's current connection. */
  confirm({ attempt, head, id }: Message<'probe'>): void {
    const held = this.#doubts.take(id);
    if (held === undefined) return;
    const { channel, message } = held;
    const confirmed = { ...message, attempt, head: { ...message.head, replyTo: head.replyTo } };
    this.#options.begin(confirmed, channel, held.attempt);
  }

  /** Its stub has given up, or another client has it. */
  cancel(id: string, isElsewhere: boolean): void {
    const held = this.#doubts.take(id);
    if (held) this.#options.onLate(held.message, held.lateMs, held.channel, isElsewhere);
  }

  /** This machine slept, or its clock was set: until AWS's time is known again, each stub is asked. */
  doubtClocks(): void {
    this.ages.doubt();
  }

  /** AWS's time is known again: held invocations may now be young enough, or certainly over. */
  reconsider(): void {
    for (const { attempt, channel, lateMs, message } of this.#doubts.all) {
      const age = this.ages.of(message);
      if (age === 'doubtful' || this.#mayBeCopy(message, channel)) continue;
      this.#doubts.take(message.id);
      if (age === 'over')
        this.#options.onLate(message, Math.max(lateMs, this.ages.lateMs(message.head)), channel);
      else this.#options.begin(message, channel, attempt);
    }
  }

  /** Not run here: the stub tries the next client. A stub that does not know this message gets none, and looks up who serves. */
  leave({ head, id }: Message<'invoke'>, channel: Channel, reason: 'not-held' | 'stopping'): void {
    const { replies, track } = this.#options;
    if (head.understands?.includes('moved')) track(replies.moved(id, head.replyTo, channel, reason));
  }

  /** From now on no held invocation begins. */
  close(): void {
    this.#doubts.close();
  }

  /** An invocation that may be too old, or a copy of a forgotten one, begins only when its stub confirms that it waits. */
  #takeByAge(message: Message<'invoke'>, channel: Channel): void {
    const { begin, onLate } = this.#options;
    const lateMs = this.ages.lateMs(message.head);
    const age = this.ages.of(message);
    if (age === 'over') return onLate(message, lateMs, channel);
    if (age === 'doubtful' || this.#mayBeCopy(message, channel))
      return this.#doubts.hold(message, channel, lateMs);
    begin(message, channel, this.#doubts.take(message.id)?.attempt ?? 0);
  }

  #mayBeCopy({ head }: Message<'invoke'>, channel: Channel): boolean {
    return this.#options.mayBeCopy(channel, head.sentAt);
  }

  /** The directory decides who holds a function: its holder may have gone since. */
  async #unlessHeld(message: Message<'invoke'>, channel: Channel): Promise<void> {
    const { holders, isSettled } = this.#options;
    await holders.read().catch(() => undefined);
    if (isSettled(channel, message.id)) return;
    if (holders.of(message.head.function)) this.leave(message, channel, 'not-held');
    else this.#takeByAge(message, channel);
  }
}
