// One tunnel of a stage, whichever function carries it at the moment: started on the first dial, replaced before Lambda ends
// it, and ended when nobody uses it.
import type { Clock, Timer } from '../../../protocol/clock.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { TunnelReset } from '../../../protocol/tunnel/codes.ts';
import { within } from '../../../protocol/within.ts';
import type { TunnelEvent } from '../session/session-event.ts';
import type { Instance, StartInstance, TunnelFacts, TunnelState, VpcStream } from './contract.ts';
import { aboutUsd } from './cost.ts';
import { refusalCode } from './refusal.ts';

export interface TunnelOptions {
  /** Its name in the stage's manifest. */
  readonly name: string;
  readonly start: StartInstance;
  readonly clock: Clock;
  readonly onEvent: (event: TunnelEvent) => void;
}

/** A function is replaced this long before its end: after 13 of Lambda's 15 minutes. Milliseconds. */
export const replaceBeforeMs = 2 * 60_000;
/** Streams that are still open then are reset this long before its end, while it can still hear of it. */
export const cutBeforeMs = 5000;
/** A tunnel without streams ends after this. */
export const idleMs = 60_000;
/** After a start that failed, dials fail at once for this long: a pool that retries must not invoke the function each time. */
export const retryAfterMs = 5000;
/** A replacement that failed is tried again after this, while the old function still carries everything. */
export const retryReplacementMs = 15_000;
/** How long an orderly end waits for its functions. */
export const endBoundMs = 3000;

/** A started function. */
interface Held {
  readonly instance: Instance;
  readonly startedAt: number;
  readonly endsAt: number;
  readonly streams: Set<VpcStream>;
  readonly timers: Set<Timer>;
  isRetiring: boolean;
  isOver: boolean;
}

export class Tunnel {
  readonly #options: TunnelOptions;
  readonly #held = new Set<Held>();
  #current: Held | undefined;
  #starting: Promise<Held> | undefined;
  /** Aborts the start under way. */
  #abort = new AbortController();
  #failure: { readonly error: unknown; readonly at: number } | undefined;
  /** Connections that are being made. */
  #dials = 0;
  #idle: Timer | undefined;
  /** Of functions that have ended. */
  #before = { bytes: 0, cost: 0 };
  #closed = false;

  constructor(options: TunnelOptions) {
    this.#options = options;
  }

  /**
   * Connects from inside the VPC, with the function that runs or a new one. Rejects with a `TunnelRefused`, or with a
   * LiveDebugError if no function can be started.
   */
  async dial(host: string, port: number): Promise<VpcStream> {
    this.#dials += 1;
    this.#idle?.cancel();
    try {
      for (let attempt = 1; ; attempt += 1) {
        const held = await this.#usable();
        try {
          return await this.#open(held, host, port);
        } catch (error) {
          // Nothing was sent yet, so a function that was killed costs no more than a second start.
          const isLost = refusalCode(error) === 'lost' && (held.isOver || held !== this.#current);
          if (attempt > 1 || !isLost) throw error;
        }
      }
    } finally {
      this.#dials -= 1;
      this.#look();
    }
  }

  /** Starts the function, unless it runs. Rejects as `dial` does. */
  async warm(): Promise<void> {
    await this.#usable();
    this.#look();
  }

  get facts(): TunnelFacts {
    const state = this.#current?.isRetiring ? 'replacing' : this.#current ? 'running' : 'ended';
    return this.#facts(this.#starting && !this.#current ? 'starting' : state);
  }

  /** Ends everything within {@link endBoundMs}. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#idle?.cancel();
    this.#abort.abort();
    // What is aborted cleans up after itself.
    const starting = this.#starting?.catch(() => undefined);
    const ends = [...this.#held].map((held) => this.#end(held, 'livectl ends'));
    if (ends.length > 0 || starting) this.#emit('ended', 'livectl ends');
    await within(this.#options.clock, endBoundMs, Promise.all([...ends, starting]));
  }

  async #open(held: Held, host: string, port: number): Promise<VpcStream> {
    const stream = held.instance.open(host, port);
    // Whoever uses it has listeners of their own.
    stream.on('error', () => undefined);
    held.streams.add(stream);
    stream.once('close', () => {
      held.streams.delete(stream);
      this.#look();
    });
    try {
      await stream.opened;
      return stream;
    } catch (error) {
      stream.destroy();
      held.streams.delete(stream);
      throw error;
    }
  }

  #usable(): Promise<Held> {
    const { clock } = this.#options;
    const current = this.#current;
    // This machine may have slept past its end.
    if (current && clock.now() < current.endsAt - cutBeforeMs) return Promise.resolve(current);
    if (current) void this.#end(current, 'its time was over');
    if (this.#starting) return this.#starting;
    const failure = this.#failure;
    if (failure && Math.abs(clock.now() - failure.at) < retryAfterMs) return Promise.reject(failure.error);
    return this.#start();
  }

  /** Starts a function, which is the current one from then on. */
  #start(): Promise<Held> {
    if (this.#closed) return Promise.reject(new LiveDebugError('LD_STOPPED', 'livectl is stopping'));
    this.#abort = new AbortController();
    this.#emit(this.#current ? 'replacing' : 'starting');
    this.#starting = this.#startOne(this.#abort.signal).finally(() => {
      this.#starting = undefined;
      this.#look();
    });
    return this.#starting;
  }

  async #startOne(signal: AbortSignal): Promise<Held> {
    const { clock, start } = this.#options;
    const startedAt = clock.now();
    let held: Held | undefined;
    let endsInMs = Number.POSITIVE_INFINITY;
    let goneBecause: string | undefined;
    const watch = {
      onDrain: (ms: number) => {
        endsInMs = ms;
        if (held) this.#retire(held, `it ends in ${Math.round(ms / 1000)} s`);
      },
      onGone: (reason: string) => {
        goneBecause = reason;
        if (held) this.#onGone(held, reason);
      },
      facts: () => this.#factsOf(held, startedAt),
    };
    try {
      const instance = await start(watch, signal);
      if (this.#closed) {
        await instance.end('livectl ends');
        throw new LiveDebugError('LD_STOPPED', 'livectl is stopping');
      }
      if (goneBecause !== undefined) throw new LiveDebugError('LD_LOST', goneBecause);
      const remainingMs = Math.min(endsInMs, instance.remainingMs);
      held = {
        instance,
        startedAt,
        endsAt: clock.now() + remainingMs,
        streams: new Set(),
        timers: new Set(),
        isRetiring: false,
        isOver: false,
      };
    } catch (error) {
      if (!this.#closed) {
        this.#failure = { error, at: clock.now() };
        this.#emit('failed', reasonOf(error));
      }
      throw error;
    }
    this.#failure = undefined;
    this.#take(held);
    return held;
  }

  #take(held: Held): void {
    const { clock } = this.#options;
    const old = this.#current;
    this.#current = held;
    this.#held.add(held);
    held.instance.publish();
    const remainingMs = held.endsAt - clock.now();
    const replaceInMs = Math.max(remainingMs - replaceBeforeMs, remainingMs / 2);
    this.#after(held, replaceInMs, () => this.#retire(held, `its time ends at ${timeOf(held.endsAt)}`));
    this.#after(held, remainingMs - cutBeforeMs, () => this.#cut(held));
    const left = old?.streams.size ?? 0;
    this.#emit(
      'running',
      left > 0 && old
        ? `${connections(left)} on the previous function until ${timeOf(old.endsAt - cutBeforeMs)} at the latest`
        : undefined,
    );
  }

  /** Starts another function for new streams; without a stream there is nothing to start it for. */
  #retire(held: Held, reason: string): void {
    if (held.isOver || held !== this.#current) return;
    if (held.streams.size === 0 && this.#dials === 0) {
      void this.#end(held, reason);
      return this.#emit('ended', reason);
    }
    if (held.isRetiring) return;
    held.isRetiring = true;
    held.instance.publish();
    this.#start().catch(() => {
      // The old one goes on as long as it can.
      this.#after(held, retryReplacementMs, () => {
        held.isRetiring = false;
        this.#retire(held, reason);
      });
    });
  }

  /** Its time is up. */
  #cut(held: Held): void {
    const count = held.streams.size;
    const isCurrent = held === this.#current;
    void this.#end(held, 'the time of this tunnel function is up; connect again');
    if (count > 0 || isCurrent)
      this.#emit(
        this.#current ? 'running' : 'ended',
        `the function's time is up${count > 0 ? `; ${connections(count)} reset` : ''}`,
      );
  }

  /** Killed, or out of reach for too long. */
  #onGone(held: Held, reason: string): void {
    if (held.isOver) return;
    const count = held.streams.size;
    const isCurrent = held === this.#current;
    void this.#end(held, reason);
    if (isCurrent || count > 0)
      this.#emit(
        isCurrent ? 'failed' : 'running',
        count > 0 ? `${reason}; ${connections(count)} reset` : reason,
      );
  }

  async #end(held: Held, reason: string): Promise<void> {
    if (held.isOver) return;
    held.isOver = true;
    for (const timer of held.timers) timer.cancel();
    for (const stream of held.streams) stream.destroy(new TunnelReset('lost', reason));
    this.#held.delete(held);
    if (this.#current === held) this.#current = undefined;
    const { bytes, cost } = this.#factsOf(held, held.startedAt);
    this.#before = { bytes: this.#before.bytes + bytes, cost: this.#before.cost + cost };
    await held.instance.end(reason);
  }

  /** Ends what nobody uses any more. */
  #look(): void {
    if (this.#closed) return;
    for (const held of this.#held)
      if (held !== this.#current && held.streams.size === 0) void this.#end(held, 'it was replaced');
    this.#idle?.cancel();
    const isUsed =
      this.#dials > 0 || this.#starting || [...this.#held].some(({ streams }) => streams.size > 0);
    if (isUsed || !this.#current) return;
    this.#idle = this.#options.clock.after(
      idleMs,
      () => {
        if (!this.#current) return;
        void this.#end(this.#current, 'idle');
        this.#emit('ended', `no connection for ${idleMs / 1000} s`);
      },
      { background: true },
    );
  }

  #after(held: Held, ms: number, callback: () => void): void {
    const timer = this.#options.clock.after(
      ms,
      () => {
        held.timers.delete(timer);
        if (!held.isOver) callback();
      },
      { background: true },
    );
    held.timers.add(timer);
  }

  #emit(state: TunnelState, reason?: string): void {
    const { name, onEvent } = this.#options;
    const { cost, ...others } = this.#facts(state);
    // To a ten-thousandth of a cent.
    const rounded = Number(cost.toFixed(6));
    onEvent({
      event: 'tunnel',
      name,
      ...others,
      cost: rounded,
      ...(reason === undefined ? {} : { reason }),
    });
  }

  /** Of all functions since the start. */
  #facts(state: TunnelState): TunnelFacts {
    let { bytes, cost } = this.#before;
    let streams = 0;
    for (const held of this.#held) {
      const facts = this.#factsOf(held, held.startedAt);
      bytes += facts.bytes;
      cost += facts.cost;
      streams += facts.streams;
    }
    return { state, streams, bytes, cost };
  }

  #factsOf(held: Held | undefined, startedAt: number): TunnelFacts {
    const runMs = this.#options.clock.now() - startedAt;
    if (held === undefined)
      return { state: 'starting', streams: 0, bytes: 0, cost: aboutUsd({ runMs, messages: 0 }) };
    const { bytes, messages } = held.instance.usage();
    const state = held === this.#current && !held.isRetiring ? 'running' : 'replacing';
    return { state, streams: held.streams.size, bytes, cost: aboutUsd({ runMs, messages }) };
  }
}

function connections(count: number): string {
  return `${count} connection${count === 1 ? '' : 's'}`;
}

/** The wall clock's, as a person reads it. */
function timeOf(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 8);
}

function reasonOf(error: unknown): string {
  const remedy = error instanceof LiveDebugError ? error.remedy : undefined;
  return remedy === undefined ? messageOf(error) : `${messageOf(error)}; ${remedy}`;
}
