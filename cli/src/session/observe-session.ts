// [4] One stage, or some of its functions, observed from `start` to `stop`: what arrives is reported, and never run or answered.

import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { Clock } from '../../../protocol/clock.ts';
import { ClockSkew } from '../../../protocol/clock-skew.ts';
import type { Directory } from '../../../protocol/directory.ts';
import type { Message } from '../../../protocol/message.ts';
import { observedHeadSchema } from '../../../protocol/observed-head.ts';
import { RecentMap } from '../../../protocol/recent-map.ts';
import type { Channel } from '../../../protocol/sealing.ts';
import type { InboundMessage } from '../relay/inbox.ts';
import { type Holder, Lease } from '../relay/lease.ts';
import type { OwnFilter } from '../relay/own-filter.ts';
import { type LinkEvent, RelayLink, type RelayLinkOptions } from '../relay/relay-link.ts';
import { Beat } from './beat.ts';
import { leaseTrouble } from './lease-trouble.ts';
import { observedEvent } from './observed-event.ts';
import { PerSecond } from './per-second.ts';
import { reconnectEvent } from './reconnect-event.ts';
import { ReportThrottle } from './report-throttle.ts';
import type { ObserveEvent } from './session-event.ts';

export interface ObserveSessionOptions {
  readonly relay: Omit<
    RelayLinkOptions,
    'clock' | 'onMessage' | 'onUnproven' | 'onConnected' | 'onReached' | 'onEvent'
  >;
  readonly directory: Directory;
  readonly holder: Omit<Holder, 'session' | 'publicKey'>;
  /** The observed functions. */
  readonly functions: readonly string[];
  /** Names from `--function`, or undefined if the whole stage is observed. */
  readonly only: readonly string[] | undefined;
  /** Of `--only`: nothing but what matches one of them is copied; none: everything. */
  readonly filters: readonly OwnFilter[];
  /** The most copies a second from each instance. */
  readonly perSecond: number;
  readonly clock: Clock;
  /** What is known of AWS's clock; default: nothing yet. */
  readonly skew?: ClockSkew | undefined;
  readonly onEvent: (event: ObserveEvent) => void;
  /** Returns the error to show instead of the directory's. */
  readonly explain?: ((error: unknown) => unknown) | undefined;
}

/** More copies than this in a second are only counted: no person reads them, and a terminal takes no more. */
const mostShownPerSecond = 500;

/** Copies of which a second one, e.g. from a post that was repeated, is recognized. */
const rememberedCopies = 2000;

/** This many dropped messages are reported singly. */
const dropsAtOnce = 30;

export class ObserveSession {
  /** Resolves when the session has ended: by `stop`, or because the stage is gone. */
  readonly ended: Promise<'stopped' | 'stage-gone'>;
  readonly #options: ObserveSessionOptions;
  readonly #link: RelayLink;
  readonly #lease: Lease;
  readonly #beat: Beat;
  readonly #skew: ClockSkew;
  readonly #drops: ReportThrottle;
  readonly #unshown: ReportThrottle;
  readonly #shown: PerSecond;
  readonly #seen = new RecentMap<true>(rememberedCopies);
  #total = 0;
  #failed = 0;
  #end: (end: 'stopped' | 'stage-gone') => void = () => undefined;
  #isStopped = false;

  constructor(options: ObserveSessionOptions) {
    this.#options = options;
    this.#skew = options.skew ?? new ClockSkew();
    const { clock, directory, filters, holder, only, perSecond, relay } = options;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#drops = new ReportThrottle(
      clock,
      (count, latest) => this.#error(`dropped ${count} more messages; the latest: ${latest}`),
      dropsAtOnce,
    );
    this.#unshown = new ReportThrottle(clock, (count) =>
      this.#tell({ event: 'notice', message: `${count} more copies were not shown; lower --sample` }),
    );
    this.#shown = new PerSecond(clock, mostShownPerSecond);
    this.#beat = new Beat({
      clock,
      onGap: () => {
        this.#link.wake();
        void this.#lease.check();
      },
      onNetwork: () => this.#link.doubt(),
    });
    this.#lease = new Lease({
      directory,
      stage: relay.stage,
      functions: only,
      filters,
      observe: { perSecond },
      holder: { ...holder, session: randomUUID(), publicKey: relay.keys.publicKey },
      clock,
      noTakeover: false,
      // Nobody else has a reason to write these items.
      onLost: () => this.#end('stage-gone'),
      onTrouble: (message, leftMs, error) => {
        const trouble = leaseTrouble({ message, leftMs, error, explain: options.explain });
        this.#tell(trouble.event);
        if (trouble.isOver) this.#end('stage-gone');
      },
    });
    this.#link = new RelayLink({
      ...relay,
      clock,
      onMessage: (message, channel) => this.#receive(message, channel),
      onUnproven: () => this.#drop('invoke of an unauthenticated sender'),
      onConnected: async (connectionId) => void (await this.#lease.take(connectionId)),
      onEvent: (event) => this.#tellLink(event),
    });
  }

  /** Connects and registers. Rejects with LD_RELAY or LD_DIRECTORY; then nothing is registered. */
  async start(): Promise<void> {
    this.#beat.start();
    this.#skew.watch((leastMs) => this.#tell({ event: 'clock_skew', ahead_ms: Math.round(leastMs) }));
    try {
      await this.#link.start();
    } catch (error) {
      this.#beat.stop();
      this.#link.close();
      await this.#lease.release();
      throw error;
    }
  }

  /** The relay passes on all of ASCII: senders may use seven bits per character. */
  async useAscii(): Promise<void> {
    if (!this.#isStopped) await this.#lease.addCapability('bits7');
  }

  /** Ends the registration, within the lease's own bound. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    await this.#lease.release();
    this.#link.close();
    this.#beat.stop();
    this.#tell({ event: 'stopped', invocations: this.#total, failed: this.#failed, abandoned: 0 });
    this.#isStopped = true;
    this.#end('stopped');
  }

  #receive(message: InboundMessage, channel: Channel): void {
    this.#beat.check();
    // An observer runs no invocation, from any sender.
    if (message.type !== 'observed') return this.#drop(`${message.type}, and this livectl only observes`);
    this.#observed(message, channel);
  }

  #observed(message: Message<'observed'>, channel: Channel): void {
    const { filters, functions } = this.#options;
    const copy = `${channel.enc} ${message.id}`;
    if (this.#seen.get(copy)) return;
    this.#seen.set(copy, true);
    const parsed = v.safeParse(observedHeadSchema, message.head);
    if (!parsed.success) {
      const fields = Object.keys(v.flatten(parsed.issues).nested ?? {}).join(', ');
      return this.#drop(`observed with invalid fields: ${fields}`);
    }
    const { function: name, item } = parsed.output;
    if (!functions.includes(name))
      return this.#drop(`a copy of ${name}, which this livectl does not observe`);
    const only = filters.find(({ id }) => item.endsWith(`-${id}`))?.only;
    if (filters.length > 0 && only === undefined)
      return this.#drop('a copy that no filter of this livectl asks for');
    const event = observedEvent(parsed.output, message.body, only);
    if (event === undefined) return this.#drop('a copy whose lengths contradict each other');
    this.#total += 1;
    if (!event.ok) this.#failed += 1;
    if (this.#shown.take()) this.#tell(event);
    else if (this.#unshown.take(''))
      this.#tell({
        event: 'notice',
        message: `over ${mostShownPerSecond} copies a second: not all are shown`,
      });
  }

  #drop(reason: string): void {
    if (this.#drops.take(reason)) this.#error(`dropped a message: ${reason}`);
  }

  #tellLink(event: LinkEvent): void {
    if (event.type === 'dropped') this.#drop(event.reason);
    else this.#tell(reconnectEvent(event));
  }

  #error(message: string): void {
    this.#tell({ event: 'error', code: 'LD_RELAY', message });
  }

  #tell(event: ObserveEvent): void {
    if (!this.#isStopped) this.#options.onEvent(event);
  }
}
