// [4] One stage, or some of its functions, served from `start` to `stop`: link, lease, builds and workers meet here.
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../protocol/clock.ts';
import { ClockSkew } from '../../../protocol/clock-skew.ts';
import type { ClientItem, Directory } from '../../../protocol/directory.ts';
import type { ErrorCode } from '../../../protocol/live-debug-error.ts';
import type { Channel } from '../../../protocol/sealing.ts';
import { within } from '../../../protocol/within.ts';
import type { BuildEvent } from '../builder/build-event.ts';
import { type FilterChange, type HolderChange, type HolderName, Holders } from '../relay/holders.ts';
import type { InboundMessage } from '../relay/inbox.ts';
import { type Holder, Lease } from '../relay/lease.ts';
import type { OwnFilter } from '../relay/own-filter.ts';
import { type LinkEvent, RelayLink, type RelayLinkOptions } from '../relay/relay-link.ts';
import type { WorkerEvent, WorkerPool } from '../worker/contract.ts';
import { Beat } from './beat.ts';
import { FirstBuilds } from './first-builds.ts';
import type { EndedInvocation, InvocationWatcher } from './invocation-watcher.ts';
import { Invocations } from './invocations.ts';
import { leaseTrouble } from './lease-trouble.ts';
import { OldStubs } from './old-stubs.ts';
import { PeerNotices } from './peer-notices.ts';
import { reconnectEvent } from './reconnect-event.ts';
import { type ReplayRequest, Replays } from './replays.ts';
import { ReportThrottle } from './report-throttle.ts';
import type { SessionEvent } from './session-event.ts';
import type { FunctionVariables } from './variables/function-variables.ts';

/** Why the session ended. */
type SessionEnd = 'stopped' | 'displaced' | 'stage-gone';

export interface SessionOptions {
  readonly relay: Omit<
    RelayLinkOptions,
    'clock' | 'onMessage' | 'onUnproven' | 'onConnected' | 'onReached' | 'onEvent'
  >;
  readonly directory: Directory;
  readonly holder: Omit<Holder, 'session' | 'publicKey'>;
  /** Served functions and their timeouts in seconds. */
  readonly functions: ReadonlyMap<string, { readonly timeout: number }>;
  /** Names from `--function`, or undefined if the whole stage is served. */
  readonly only: readonly string[] | undefined;
  /** Of `--only`: nothing but what matches one of them is served; none: everything. */
  readonly filters?: readonly OwnFilter[] | undefined;
  readonly noTakeover: boolean;
  readonly pool: WorkerPool;
  /** Which of a message's variables functions receive. */
  readonly variables: FunctionVariables;
  readonly clock: Clock;
  /** What is known of AWS's clock; default: nothing yet. */
  readonly skew?: ClockSkew | undefined;
  readonly onEvent: (event: SessionEvent) => void;
  /** Receives each invocation's bytes, before the events about it. */
  readonly watcher?: InvocationWatcher | undefined;
  /** Ends what only invocations use: called when the last one is over, before `stopped` is reported. */
  readonly onDrained?: (() => Promise<void>) | undefined;
  /** Replays may run as long as on Lambda, whatever their functions' timeouts. */
  readonly liftTimeouts?: boolean | undefined;
  /** Returns the error to show instead of the directory's: what it means here, and what to do. */
  readonly explain?: ((error: unknown) => unknown) | undefined;
}

/** How long informing those who serve the rest of the stage may take at a stop. */
const lastNewsMs = 1000;

/** This many dropped messages are reported singly, so that each reason shows; the others are counted. */
const dropsAtOnce = 30;

/** Everything between the relay and the workers. */
export class Session {
  /** Resolves when the session has ended: by `stop`, because another client serves now, or because the stage is gone. */
  readonly ended: Promise<SessionEnd>;
  readonly #options: SessionOptions;
  readonly #link: RelayLink;
  readonly #lease: Lease;
  readonly #invocations: Invocations;
  readonly #replays: Replays;
  readonly #builds = new FirstBuilds();
  readonly #skew: ClockSkew;
  readonly #beat: Beat;
  readonly #holders: Holders;
  readonly #notices: PeerNotices;
  readonly #drops: ReportThrottle;
  #end: (end: SessionEnd) => void = () => undefined;
  #stopped: Promise<void> | undefined;
  /** The read of who served before this session took anything. */
  #firstHolders: Promise<void> = Promise.resolve();
  /** Others have been informed that this session serves. */
  #announced = false;
  /** The relay was found to pass on texts with seven bits per character. */
  #carriesAscii = false;
  /** `stopped` has been reported, and is the last event. */
  #over = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#skew = options.skew ?? new ClockSkew();
    const {
      clock,
      directory,
      filters = [],
      functions,
      holder,
      noTakeover,
      only,
      pool,
      relay,
      variables,
    } = options;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    const session = randomUUID();
    const more = (count: number, latest: string) =>
      this.#error('LD_RELAY', `dropped ${count} more messages; the latest: ${latest}`);
    this.#drops = new ReportThrottle(clock, more, dropsAtOnce);
    this.#beat = new Beat({ clock, onGap: () => this.#wake(), onNetwork: () => this.#link.doubt() });
    this.#holders = new Holders({
      directory,
      stage: relay.stage,
      session,
      functions: [...functions.keys()],
      isWholeStage: only === undefined,
      filterIds: filters.length > 0 ? new Set(filters.map(({ id }) => id)) : undefined,
      clock,
      onChange: (change) => this.#tellHolder(change),
      onFilter: (change) => this.#tellFilter(change),
    });
    this.#lease = new Lease({
      directory,
      stage: relay.stage,
      functions: only,
      filters,
      holder: { ...holder, session, publicKey: relay.keys.publicKey },
      clock,
      noTakeover,
      onLost: (by) => this.#displaced(by),
      onRenewed: () => this.#readHolders(),
      onTrouble: (message, leftMs, error) => this.#leaseTrouble(message, leftMs, error),
    });
    this.#link = new RelayLink({
      ...relay,
      clock,
      onMessage: (message, channel) => this.#receive(message, channel),
      onUnproven: (invoke, channel) => this.#invocations.track(oldStubs.refuse(invoke, channel)),
      onConnected: async (connectionId) => this.#taken(await this.#lease.take(connectionId)),
      // The directory is written as soon as there is a connection, so one to it is opened in parallel.
      onReached: () => this.#readHolders(),
      onEvent: (event) => this.#tellLink(event),
    });
    this.#notices = new PeerNotices({
      link: this.#link,
      stage: relay.stage,
      secrets: relay.secrets,
      by: { user: holder.user, host: holder.host },
      clock,
    });
    const oldStubs = new OldStubs({
      link: this.#link,
      clock,
      functions,
      onError: (code, message, remedy) => this.#error(code, message, remedy),
    });
    this.#invocations = new Invocations({
      link: this.#link,
      pool,
      clock,
      skew: this.#skew,
      functions,
      holders: this.#holders,
      filters,
      builds: this.#builds,
      variables,
      watcher: options.watcher,
      onEvent: (event) => this.#tell(event),
    });
    this.#replays = new Replays({
      ...{ pool, clock, functions, variables, builds: this.#builds, watcher: options.watcher },
      liftTimeouts: options.liftTimeouts,
      onEvent: (event) => this.#tell(event),
    });
  }

  /** Connects and takes the stage. Rejects with LD_RELAY, LD_DIRECTORY or LD_DISPLACED; then nothing is held. */
  async start(): Promise<void> {
    this.#beat.start();
    this.#skew.watch((leastMs) => this.#tell({ event: 'clock_skew', ahead_ms: Math.round(leastMs) }));
    // In parallel with the connection; an unreadable table is found when the lease is taken.
    this.#firstHolders = this.#holders.read().catch(() => undefined);
    try {
      await this.#link.start();
    } catch (error) {
      this.#beat.stop();
      this.#link.close();
      await this.#lease.release();
      throw error;
    }
  }

  /** The relay passes on all of ASCII: from now on, messages to and from stubs that understand it use seven bits per character. */
  useAscii(): void {
    if (this.#stopped) return;
    this.#carriesAscii = true;
    this.#invocations.track(this.#lease.addCapability('bits7'));
  }

  /** Runs a recorded event again, on a warm worker if there is one. Rejects with LD_NOT_SERVED, LD_BUSY or LD_STOPPED. */
  replay(request: ReplayRequest): Promise<EndedInvocation> {
    return this.#replays.run(request);
  }

  /** Functions of the stage that others serve, and who serves them. */
  get heldByOthers(): ReadonlyMap<string, HolderName> {
    return this.#holders.others;
  }

  /**
   * Releases the stage, so that new invocations fail at once, waits up to `boundMs` for those in flight and answers the rest
   * with LD_STOPPED. Resolves when nothing is left to deliver; a second call waits for the first.
   */
  stop(boundMs: number): Promise<void> {
    this.#stopped ??= this.#stop(boundMs);
    return this.#stopped;
  }

  async #stop(boundMs: number): Promise<void> {
    this.#tell({ event: 'stopping', waiting_for: this.#invocations.running });
    this.#replays.stop();
    await this.#lease.release();
    const informed = this.#notices.send(this.#holders.neighbours);
    const abandoned = await this.#invocations.drain(boundMs);
    await Promise.all([within(this.#options.clock, lastNewsMs, informed), this.#options.onDrained?.()]);
    this.#link.close();
    this.#beat.stop();
    this.#tell({ event: 'stopped', ...this.#invocations.counts, abandoned });
    this.#over = true;
    this.#end('stopped');
  }

  /** Takes the builder's events: a good build runs from the next invocation on; after a failed one the last good build stays. */
  onBuild(event: BuildEvent): void {
    if (this.#stopped) return;
    switch (event.type) {
      case 'built': {
        const name = event.code.functionName;
        this.#options.pool.use(event.code);
        const wasBroken = this.#builds.built(name);
        if (event.first && !wasBroken) return;
        return this.#tell({ event: 'reload', function: name, ms: event.ms, changed: event.changed });
      }
      case 'build_error': {
        const { errors, functionName, hasLastGood } = event;
        this.#builds.failed(functionName, errors);
        return this.#tell({ event: 'build_error', function: functionName, errors, last_good: hasLastGood });
      }
      case 'notice':
        return this.#tell({ event: 'notice', message: event.message });
    }
  }

  /** Takes the pool's events. */
  onWorker(event: WorkerEvent): void {
    switch (event.type) {
      case 'log': {
        const { functionName, id, level, message, phase } = event;
        return this.#tell({ event: 'log', id, phase, function: functionName, level, message });
      }
      case 'queued': {
        const { functionName, id, reason, waiting } = event;
        // Reported from within `run`, but must not come before the invocation's own line.
        return queueMicrotask(() =>
          this.#tell({ event: 'queued', id, function: functionName, waiting, reason }),
        );
      }
      case 'debugger': {
        const { type, functionName, ...rest } = event;
        return this.#tell({ event: type, function: functionName, ...rest });
      }
      case 'notice':
        return this.#tell({ event: 'notice', message: event.message });
      case 'worker_started': {
        const { functionName, ms, pid } = event;
        return this.#tell({ event: 'worker_started', function: functionName, pid, ms });
      }
      case 'worker_ended': {
        const { functionName, pid, reason } = event;
        return this.#tell({ event: 'worker_ended', function: functionName, pid, reason });
      }
      case 'loaded':
        return;
    }
  }

  #receive(message: InboundMessage, channel: Channel): void {
    this.#beat.check();
    if (!this.#invocations.mayBeOf(channel, message.id)) {
      const reason = `${message.type} about another sender’s invocation`;
      if (this.#drops.take(reason)) this.#error('LD_RELAY', `dropped a message: ${reason}`);
      return;
    }
    switch (message.type) {
      case 'invoke': {
        const { understands = [] } = message.head;
        channel.understands = understands.filter((word) => word !== 'bits7' || this.#carriesAscii);
        return this.#invocations.invoke(message, channel);
      }
      case 'ack':
        return this.#invocations.acknowledged(message);
      case 'probe':
        return this.#invocations.probe(message, channel);
      case 'cancel':
        return this.#invocations.cancel(message, channel);
      case 'displaced':
        // Anyone with access to the relay can send this, so the directory decides.
        return this.#invocations.track(this.#lease.check());
      case 'observed': {
        const reason = 'observed, and this livectl does not observe';
        if (this.#drops.take(reason)) this.#error('LD_RELAY', `dropped a message: ${reason}`);
        return;
      }
      default:
        message satisfies never;
    }
  }

  /** This process slept, or the clock was set: what it knows of clocks, the lease and other clients is outdated. */
  #wake(): void {
    this.#invocations.doubtClocks();
    this.#link.wake();
    this.#invocations.track(this.#lease.check().then(() => this.#invocations.reconsider()));
  }

  /** In the background: an invocation that meets an outdated view asks the directory itself. */
  #readHolders(): void {
    this.#invocations.track(this.#holders.read().catch(() => undefined));
  }

  #tellHolder({ by, functionName }: HolderChange): void {
    if (functionName !== undefined) return this.#tell({ event: 'holder', function: functionName, by });
    const who = by ? `${by.user} on ${by.host} serves` : 'nobody serves';
    this.#tell({ event: 'notice', message: `${who} the rest of the stage now` });
  }

  #tellFilter({ by, functionName = 'the stage', only, state }: FilterChange): void {
    const who = `${by.user} on ${by.host}`;
    const what = `${functionName} where ${only}`;
    if (state === 'gone') return this.#tell({ event: 'notice', message: `${who} no longer serves ${what}` });
    const newer = state === 'new' ? 'that one, which is newer' : 'this one, which is newer';
    const rest = this.#options.filters?.length
      ? `where a filter of each matches, ${newer}, answers`
      : 'this livectl answers everything else';
    this.#tell({ event: 'notice', message: `${who} serves ${what}; ${rest}` });
  }

  #displaced(by: { readonly user: string; readonly host: string } | undefined): void {
    if (this.#stopped) return;
    this.#tell({ event: 'displaced', by });
    this.#end('displaced');
  }

  /** A renewal failed. If the stage was deleted, or stayed inaccessible until the lease expired, there is nothing left to serve. */
  #leaseTrouble(message: string, leftMs: number, error: unknown): void {
    const trouble = leaseTrouble({ message, leftMs, error, explain: this.#options.explain });
    this.#tell(trouble.event);
    if (trouble.isOver) this.#end('stage-gone');
  }

  /** This session has the lease: informs those who had it, and those who serve the rest of the stage. */
  async #taken(displaced: readonly ClientItem[]): Promise<void> {
    const { only } = this.#options;
    const isFirst = !this.#announced;
    this.#announced = true;
    // Whoever came between that read and the lease is among the rest, and is informed then.
    if (isFirst) await this.#firstHolders;
    // A new connection of this process, which stubs are waiting for, is used at once.
    else this.#readHolders();
    const connections = new Map(displaced.map((client) => [client.connectionId, client]));
    for (const { host, user } of connections.values())
      this.#tell({ event: 'notice', message: `took over from ${user} on ${host}` });
    const { neighbours, ofTheRest } = this.#holders;
    if (isFirst && only !== undefined && ofTheRest !== undefined) {
      const rest = `${ofTheRest.user} on ${ofTheRest.host} serves the rest of the stage`;
      this.#tell({ event: 'notice', message: `took ${only.join(', ')}; ${rest}` });
    }
    for (const { functions, host, user } of isFirst ? this.#holders.unfiltered : []) {
      const what = functions.includes('*') ? 'the stage' : functions.join(', ');
      this.#tell({ event: 'notice', message: `${user} on ${host} serves what no filter matches of ${what}` });
    }
    if (isFirst) {
      for (const neighbour of neighbours) connections.set(neighbour.connectionId, neighbour);
      this.#invocations.track(this.#informMore(new Set(connections.keys())));
    }
    this.#invocations.track(this.#notices.send([...connections.values()]));
  }

  /** Reads once more who serves the rest, and informs those who have not been informed yet. */
  async #informMore(informed: ReadonlySet<string>): Promise<void> {
    await this.#holders.read().catch(() => undefined);
    const more = this.#holders.neighbours.filter(({ connectionId }) => !informed.has(connectionId));
    if (more.length > 0) await this.#notices.send(more);
  }

  #tellLink(event: LinkEvent): void {
    if (event.type !== 'dropped') this.#tell(reconnectEvent(event));
    else if (this.#drops.take(event.reason))
      this.#error('LD_RELAY', `dropped a message (${event.dropped} so far): ${event.reason}`);
  }

  #error(code: ErrorCode, message: string, remedy?: string): void {
    this.#tell({ event: 'error', code, message, ...(remedy === undefined ? {} : { remedy }) });
  }

  #tell(event: SessionEvent): void {
    if (!this.#over) this.#options.onEvent(this.#replays.marked(event));
  }
}
