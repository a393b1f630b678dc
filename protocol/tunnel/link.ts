// The link between livectl and a tunnel function: streams over batches that may be lost, repeated or out of order.
import type { Clock, Timer } from '../clock.ts';
import type { PostOutcome } from '../relay-post.ts';
import type { Flow, FlowLink, Item, Notice } from './flow.ts';
import { BatchWriter, type Frame, parseBatch } from './frames.ts';
import type { WindowBudget } from './in-half.ts';
import {
  ackBytes,
  ackDelayMs,
  gatherMs,
  idleKeepaliveMs,
  keepaliveMs,
  largePostsAtOnce,
  maxAckRanges,
  maxSeenRanges,
  maxStreams,
  openWithinMs,
  postsAtOnce,
  resumeWithinMs,
  silenceMs,
  smallDataBytes,
  turnBytes,
  windowBudgetBytes,
} from './limits.ts';
import { Seen } from './ranges.ts';
import { SentBatches } from './sent-batches.ts';
import { TunnelStream } from './stream.ts';

/** What a function says when its link begins. */
export interface Hello {
  /** Where it can be reached. */
  readonly connectionId: string;
  /** Milliseconds until Lambda ends it. */
  readonly remainingMs: number;
  /** Of its code: 1 to 128 printable characters. */
  readonly version: string;
}

export interface TunnelLinkOptions {
  /** The client opens streams; the function connects them. */
  readonly side: 'client' | 'function';
  readonly clock: Clock;
  /**
   * Seals a batch and posts it to the other end; up to 8 at once, and they may overtake each other. Retries what may pass (429,
   * 5xx, resets), for 10 s at most. The link sends again what is not delivered. A rejection counts as `failed`.
   */
  readonly post: (batch: Buffer) => Promise<PostOutcome>;
  /** The largest batch, in bytes: what the envelope can seal into one text. */
  readonly batchBytes: number;
  /** The function's own; sent at once, until the client has it. The client waits for it before it sends anything. */
  readonly hello?: Hello;
  /** On the function's side: the client opens a stream. Call `accept` or `refuse` on it, within 30 s. */
  readonly onOpen?: (stream: TunnelStream) => void;
  /** On the client's side, once: the function is there. */
  readonly onHello?: (hello: Hello) => void;
  /** The other end is reached at this connection from now on. */
  readonly onPeer?: (connectionId: string) => void;
  /** On the client's side: the function ends in this many milliseconds. Open no more streams. */
  readonly onDrain?: (ms: number) => void;
  /** The last stream has ended. */
  readonly onIdle?: () => void;
  /** The other end has ended the link in order. It is closed: all streams were reset. */
  readonly onEnd?: () => void;
  /** The link was lost for 10 s, for this reason. It is closed: all streams were reset. */
  readonly onLost?: (reason: string) => void;
}

/** Counters since the link began. */
export interface TunnelStats {
  /** Streams that are open or being opened. */
  readonly streams: number;
  /** All streams so far. */
  readonly opened: number;
  /** Bytes of streams: read from the other end, and written to it. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly batchesIn: number;
  readonly batchesOut: number;
  /** Batches that were invalid, or had come before. */
  readonly dropped: number;
  readonly repeated: number;
  /** Frames that were sent again. */
  readonly resent: number;
  /** From a post to its ack; undefined before the first. */
  readonly rttMs: number | undefined;
}

const firstPauseMs = 50;
const longestPauseMs = 1000;
/** How long `end` waits until the other end knows. Milliseconds. */
const endWithinMs = 1000;
/** Resets of streams that this end does not know, at once: a peer that asks for more gets no answer. */
const mostUnknown = 256;

export class TunnelLink {
  readonly #options: TunnelLinkOptions;
  readonly #clock: Clock;
  readonly #writer: BatchWriter;
  readonly #host: FlowLink;
  readonly #sent = new SentBatches<Item>();
  readonly #seen = new Seen(maxSeenRanges);
  readonly #seenStreams = new Seen(maxSeenRanges);
  readonly #flows = new Map<number, Flow>();
  readonly #streams = new Map<Flow, TunnelStream>();
  readonly #openTimers = new Map<Flow, Timer>();
  /** Flows with frames besides data, and with data, in the order of their turns. */
  readonly #control = new Set<Flow>();
  readonly #ready = new Set<Flow>();
  readonly #notices = new Set<Notice>();
  #state: 'waiting' | 'open' | 'closed';
  #count = 0;
  #opened = 0;
  #nextStream = 1;
  #nextBatch = 1;
  /** Posts of an earlier generation went to a connection that is gone, and no longer count. */
  #generation = 0;
  #underWay = 0;
  #largeUnderWay = 0;
  #ownConnection = 0;
  #peerConnection = 0;
  /** This end's socket is down: nothing can be heard. */
  #isLost = false;
  /** The other end's connection is gone: only what finds it again is sent. */
  #isPeerGone = false;
  /** Since when something is wrong without a sign of the other end. */
  #troubleAt: number | undefined;
  #trouble = '';
  #pauseMs = firstPauseMs;
  #pausedUntil = 0;
  #heardAt: number;
  #newestAt = 0;
  #ackAt: number | undefined;
  #unackedBytes = 0;
  #isFlushing = false;
  #gather: Timer | undefined;
  #timer: Timer | undefined;
  #timerAt = 0;
  /** Resolves `end`. */
  #onEnded: (() => void) | undefined;
  #bytesIn = 0;
  #batchesIn = 0;
  #batchesOut = 0;
  #bytesOut = 0;
  #dropped = 0;
  #repeated = 0;
  #resent = 0;

  constructor(options: TunnelLinkOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#writer = new BatchWriter(options.batchBytes);
    this.#heardAt = options.clock.now();
    this.#state = options.side === 'client' ? 'waiting' : 'open';
    const budget: WindowBudget = { left: windowBudgetBytes };
    this.#host = {
      budget,
      now: () => this.#clock.now(),
      onReady: (flow) => this.#onReady(flow),
      onClosing: (flow) => this.#onClosing(flow),
      onGone: (flow) => this.#onGone(flow),
    };
    if (options.hello) this.#notify({ type: 'hello', ...options.hello });
    this.#arm();
  }

  get stats(): TunnelStats {
    return {
      streams: this.#count,
      opened: this.#opened,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      batchesIn: this.#batchesIn,
      batchesOut: this.#batchesOut,
      dropped: this.#dropped,
      repeated: this.#repeated,
      resent: this.#resent,
      rttMs: this.#sent.rttMs,
    };
  }

  /** Whether the link has ended: by `close`, by the other end, or because it was lost. */
  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /**
   * On the client's side: opens a stream to a host (a name in ASCII, or an address without brackets) and port, as seen by the
   * function. Never throws: `opened` of the stream rejects with {@link TunnelRefused}, with `limit` beyond 256 streams, with
   * `unresolved` for what cannot be a host, with `timeout` after 30 s. May be called before the function's hello.
   */
  open(host: string, port: number): TunnelStream {
    if (this.#options.side !== 'client') throw new Error('only the client opens streams');
    const id = this.#nextStream;
    this.#nextStream += 1;
    const stream = new TunnelStream(this.#host, { id, host, port }, true);
    const refuse = (code: 'limit' | 'unresolved' | 'lost', text: string) => {
      stream.flow.onRefused(code, text);
      return stream;
    };
    if (this.#state === 'closed') return refuse('lost', 'the tunnel is closed');
    if (this.#count >= maxStreams)
      return refuse('limit', `the tunnel has ${maxStreams} streams, which is its limit`);
    if (!/^[\x21-\x7e]{1,253}$/.test(host)) return refuse('unresolved', 'this is not the name of a host');
    if (!(Number.isInteger(port) && port >= 1 && port <= 65_535))
      return refuse('unresolved', `port ${port} is not between 1 and 65535`);
    this.#add(stream);
    this.#openTimers.set(
      stream.flow,
      this.#clock.after(openWithinMs, () => {
        stream.flow.resetTo('closed');
        stream.flow.onTimeout(`no connection to ${host}:${port} within ${openWithinMs / 1000} s`);
      }),
    );
    void stream.opened.then(
      () => this.#cancelOpenTimer(stream.flow),
      () => this.#cancelOpenTimer(stream.flow),
    );
    this.#onReady(stream.flow);
    return stream;
  }

  /** A batch that has arrived, opened. Its memory is the link's from now on. Whatever is in it, this does not throw. */
  receive(bytes: Buffer): void {
    if (this.#state === 'closed') return;
    const batch = parseBatch(bytes);
    if (typeof batch === 'string') {
      this.#dropped += 1;
      return;
    }
    const { frames, number } = batch;
    const needsAck = number > 0;
    if (needsAck && this.#seen.has(number)) {
      this.#repeated += 1;
      this.#ackWithin(ackDelayMs);
      this.#schedule();
      return;
    }
    const now = this.#clock.now();
    this.#heardAt = now;
    this.#batchesIn += 1;
    let isResumed = false;
    for (const frame of frames) {
      if (frame.type === 'resume') isResumed = this.#onResume(frame) || isResumed;
      else this.#onFrame(frame, bytes.length);
      if (this.isClosed) return;
    }
    if (needsAck) {
      this.#seen.add(number);
      this.#newestAt = now;
      this.#unackedBytes += bytes.length;
      this.#ackWithin(isResumed || this.#unackedBytes >= ackBytes ? 0 : ackDelayMs);
    }
    if (isResumed) this.#renew('the other end has a new connection');
    this.#schedule();
  }

  /** This end's socket is lost. Streams wait for {@link resumed}, 10 s at most. */
  lost(): void {
    if (this.#state === 'closed' || this.#isLost) return;
    this.#isLost = true;
    this.#inTrouble('the connection to the relay was lost');
    this.#arm();
  }

  /** This end has a new socket, reached at this connection. */
  resumed(connectionId: string): void {
    if (this.#state === 'closed') return;
    this.#isLost = false;
    this.#ownConnection += 1;
    for (const notice of this.#notices) if (notice.frame.type === 'resume') this.#notices.delete(notice);
    this.#notify({ type: 'resume', number: this.#ownConnection, connectionId });
    this.#ackWithin(0);
    this.#pausedUntil = 0;
    this.#schedule();
  }

  /** On the function's side: it ends in this many milliseconds. */
  drain(ms: number): void {
    if (this.#state !== 'closed') this.#notify({ type: 'drain', ms: Math.max(0, Math.round(ms)) });
  }

  /** Closes the link after the other end was told; resolves when it knows, after 1 s at most. Never rejects. */
  async end(): Promise<void> {
    if (this.#state === 'closed') return;
    if (this.#state === 'waiting') return this.close('the tunnel was closed');
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(endWithinMs, resolve);
      this.#onEnded = () => {
        timer.cancel();
        resolve();
      };
      this.#notify({ type: 'end' });
    });
    this.close('the tunnel was closed');
  }

  /** Closes the link at this end only: resets all streams with `lost`, rejects those being opened, and frees everything. */
  close(reason: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#gather?.cancel();
    this.#timer?.cancel();
    for (const timer of this.#openTimers.values()) timer.cancel();
    for (const flow of [...this.#flows.values()]) flow.end('lost', reason);
    this.#sent.allLost();
    this.#notices.clear();
    this.#control.clear();
    this.#ready.clear();
    this.#onEnded?.();
  }

  #add(stream: TunnelStream): void {
    this.#flows.set(stream.id, stream.flow);
    this.#streams.set(stream.flow, stream);
    this.#count += 1;
    this.#opened += 1;
  }

  #cancelOpenTimer(flow: Flow): void {
    this.#openTimers.get(flow)?.cancel();
    this.#openTimers.delete(flow);
  }

  #onClosing(flow: Flow): void {
    if (!this.#streams.delete(flow)) return;
    this.#count -= 1;
    if (this.#count === 0 && this.#state !== 'closed') this.#options.onIdle?.();
  }

  #onGone(flow: Flow): void {
    if (this.#flows.get(flow.id) === flow) this.#flows.delete(flow.id);
    this.#control.delete(flow);
    this.#ready.delete(flow);
    this.#cancelOpenTimer(flow);
  }

  #onReady(flow: Flow): void {
    if (this.#flows.get(flow.id) !== flow) return;
    if (flow.hasControl) this.#control.add(flow);
    if (flow.sendable > 0) this.#ready.add(flow);
    this.#schedule();
  }

  #notify(frame: Notice['frame']): void {
    this.#notices.add({ kind: 'notice', frame });
    this.#schedule();
  }

  #onResume({ connectionId, number }: Extract<Frame, { type: 'resume' }>): boolean {
    if (number <= this.#peerConnection) return false;
    this.#peerConnection = number;
    this.#options.onPeer?.(connectionId);
    return true;
  }

  #onFrame(frame: Exclude<Frame, { type: 'resume' }>, batchBytes: number): void {
    switch (frame.type) {
      case 'hello':
        return this.#onHello(frame);
      case 'open':
        return this.#onOpen(frame);
      case 'ack':
        return this.#onAck(frame);
      case 'drain':
        return this.#options.onDrain?.(frame.ms);
      case 'end':
        this.#endedByPeer();
        return;
      case 'ping':
        return;
    }
    const flow = this.#flows.get(frame.stream);
    if (flow === undefined) {
      if (frame.type !== 'reset' && frame.type !== 'refused') this.#resetUnknown(frame.stream);
      return;
    }
    switch (frame.type) {
      case 'opened':
        return flow.onOpened(frame.address);
      case 'refused':
        return flow.onRefused(frame.code, frame.text);
      case 'data':
        this.#bytesIn += frame.bytes.length;
        return flow.onData(frame.offset, frame.bytes, batchBytes);
      case 'window':
        return flow.onWindow(frame.limit);
      case 'half-close':
        return flow.onHalfClose(frame.offset);
      case 'reset':
        return flow.onReset(frame.code);
    }
  }

  #onHello({ connectionId, remainingMs, version }: Hello): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'open';
    if (this.#peerConnection === 0) this.#options.onPeer?.(connectionId);
    this.#options.onHello?.({ connectionId, remainingMs, version });
  }

  #onOpen({ host, port, stream: id }: Extract<Frame, { type: 'open' }>): void {
    if (this.#options.side !== 'function' || this.#seenStreams.has(id)) return;
    this.#seenStreams.add(id);
    if (this.#count >= maxStreams || this.#flows.size >= 2 * maxStreams) {
      const text = `the tunnel has ${maxStreams} streams, which is its limit`;
      this.#notify({ type: 'refused', stream: id, code: 'limit', text });
      return;
    }
    const stream = new TunnelStream(this.#host, { id, host, port }, false);
    this.#add(stream);
    if (this.#options.onOpen) this.#options.onOpen(stream);
    else stream.refuse('refused', 'this end connects nothing');
  }

  #onAck({ delayMs, ranges }: Extract<Frame, { type: 'ack' }>): void {
    if ((ranges[0]?.[1] ?? 0) >= this.#nextBatch) {
      this.#dropped += 1;
      return;
    }
    const before = this.#sent.count;
    const items = this.#sent.acked(ranges, delayMs, this.#clock.now());
    if (this.#sent.count < before) this.#troubleAt = undefined;
    for (const item of items) if (item.kind !== 'notice') item.flow.acked(item);
  }

  #endedByPeer(): void {
    this.close('the other end has closed the tunnel');
    this.#options.onEnd?.();
  }

  /** A stream that this end has forgotten: it has ended here, so it shall end there. */
  #resetUnknown(stream: number): void {
    for (const { frame } of this.#notices) if (frame.type === 'reset' && frame.stream === stream) return;
    if (this.#notices.size < mostUnknown) this.#notify({ type: 'reset', stream, code: 'lost' });
  }

  /** All that was not acknowledged may have gone to a connection that is gone. */
  #renew(reason: string): void {
    this.#generation += 1;
    this.#underWay = 0;
    this.#largeUnderWay = 0;
    this.#isPeerGone = false;
    this.#pauseMs = firstPauseMs;
    this.#pausedUntil = 0;
    if (this.#troubleAt !== undefined) this.#trouble = reason;
    this.#lose(this.#sent.allLost());
  }

  #lose(items: readonly Item[]): void {
    this.#resent += items.length;
    for (const item of items) {
      if (item.kind === 'notice') {
        const { frame } = item;
        const isOld = frame.type === 'resume' && frame.number < this.#ownConnection;
        if (!isOld) this.#notices.add(item);
      } else item.flow.lost(item);
    }
  }

  #inTrouble(what: string): void {
    this.#troubleAt ??= this.#clock.now();
    this.#trouble = what;
    // Something whose ack shows that it is over.
    if (this.#notices.size === 0) this.#notify({ type: 'ping' });
  }

  #ackWithin(ms: number): void {
    const at = this.#clock.now() + ms;
    if (this.#ackAt === undefined || at < this.#ackAt) this.#ackAt = at;
  }

  /** What waits to be sent. */
  #pending(): { bytes: number; isUrgent: boolean } {
    const isPaused = this.#isLost || this.#isPeerGone;
    let isUrgent = this.#notices.size > 0 || (this.#ackAt !== undefined && this.#ackAt <= this.#clock.now());
    let bytes = 0;
    if (isPaused) return { bytes, isUrgent };
    isUrgent ||= this.#control.size > 0;
    for (const flow of this.#ready) {
      const { sendable } = flow;
      bytes += sendable;
      if (sendable > 0 && sendable <= smallDataBytes) isUrgent = true;
      if (bytes >= this.#options.batchBytes && isUrgent) break;
    }
    return { bytes, isUrgent };
  }

  /** Whether a batch leaves now, waits for more to come, or for a post to end. */
  #decide(): 'now' | 'gather' | 'wait' {
    if (this.#state !== 'open' || this.#clock.now() < this.#pausedUntil) return 'wait';
    const { bytes, isUrgent } = this.#pending();
    if (bytes === 0 && !isUrgent) return 'wait';
    if (this.#underWay >= postsAtOnce) return 'wait';
    if (!isUrgent && this.#largeUnderWay >= largePostsAtOnce) return 'wait';
    if (this.#underWay === 0 || bytes >= this.#options.batchBytes) return 'now';
    return isUrgent && this.#underWay < postsAtOnce / 2 ? 'now' : 'gather';
  }

  #schedule(): void {
    if (this.#isFlushing || this.#state !== 'open') return;
    const decision = this.#decide();
    if (decision === 'now') {
      this.#isFlushing = true;
      // What else this turn of the event loop writes goes into the same batch.
      queueMicrotask(() => {
        this.#isFlushing = false;
        this.#flush(false);
      });
    } else if (decision === 'gather') {
      this.#gather ??= this.#clock.after(gatherMs, () => {
        this.#gather = undefined;
        this.#flush(true);
      });
    }
    this.#arm();
  }

  #flush(isGathered: boolean): void {
    let gathers = isGathered;
    for (;;) {
      const decision = this.#decide();
      if (decision === 'wait' || (decision === 'gather' && !gathers)) break;
      gathers = false;
      if (!this.#send()) break;
    }
    this.#schedule();
  }

  /** Posts one batch; false if there was nothing to post. */
  #send(): boolean {
    const items: Item[] = [];
    const isLarge = this.#fill(items);
    if (this.#writer.isEmpty) return false;
    const number = items.length > 0 ? this.#nextBatch : 0;
    const batch = this.#writer.finish(number);
    const now = this.#clock.now();
    if (number > 0) {
      this.#nextBatch += 1;
      this.#sent.sent(number, items, now);
    }
    this.#batchesOut += 1;
    this.#underWay += 1;
    if (isLarge) this.#largeUnderWay += 1;
    void this.#post(batch, { number, isLarge, items });
    return true;
  }

  /** Fills the writer; returns whether the batch has nothing but large data. */
  #fill(items: Item[]): boolean {
    const writer = this.#writer;
    this.#writeAck();
    for (const notice of this.#notices) {
      if (!writer.write(notice.frame)) break;
      this.#notices.delete(notice);
      items.push(notice);
    }
    if (this.#isLost || this.#isPeerGone) return false;
    for (const flow of this.#control) {
      if (!flow.writeControl(writer, items)) break;
      this.#control.delete(flow);
    }
    for (const flow of this.#ready)
      if (flow.sendable <= smallDataBytes) this.#writeData(flow, items, smallDataBytes);
    const isLarge = items.length === 0;
    while (this.#ready.size > 0) {
      const [flow] = this.#ready;
      const most = this.#ready.size === 1 ? Number.POSITIVE_INFINITY : turnBytes;
      if (flow === undefined || !this.#writeData(flow, items, most)) break;
    }
    return isLarge;
  }

  /** Writes data of a flow, whose turn is over then; false if none fits. */
  #writeData(flow: Flow, items: Item[], most: number): boolean {
    const written = flow.writeData(this.#writer, items, most);
    this.#bytesOut += written;
    if (written === 0 && flow.sendable > 0) return false;
    this.#ready.delete(flow);
    if (flow.sendable > 0) this.#ready.add(flow);
    if (flow.hasControl && !flow.writeControl(this.#writer, items)) this.#control.add(flow);
    return true;
  }

  #writeAck(): void {
    if (this.#ackAt === undefined) return;
    const ranges = this.#seen.ranges.highest(maxAckRanges).map(([start, end]) => [start, end - 1] as const);
    this.#ackAt = undefined;
    this.#unackedBytes = 0;
    if (ranges.length === 0) return;
    this.#writer.write({ type: 'ack', delayMs: this.#clock.now() - this.#newestAt, ranges });
  }

  async #post(
    batch: Buffer,
    { isLarge, items, number }: { number: number; isLarge: boolean; items: readonly Item[] },
  ): Promise<void> {
    const generation = this.#generation;
    let outcome: PostOutcome;
    try {
      outcome = await this.#options.post(batch);
    } catch (error) {
      outcome = { kind: 'failed', reason: String(error) };
    }
    if (this.#state === 'closed') return;
    const now = this.#clock.now();
    if (generation === this.#generation) {
      this.#underWay -= 1;
      if (isLarge) this.#largeUnderWay -= 1;
    }
    if (outcome.kind === 'delivered') {
      this.#sent.delivered(number, now);
      this.#pauseMs = firstPauseMs;
      this.#pausedUntil = 0;
      this.#isPeerGone = false;
      if (items.some((item) => item.kind === 'notice' && item.frame.type === 'end')) this.#onEnded?.();
    } else {
      const isOld = generation !== this.#generation;
      this.#lose(this.#sent.lost(number));
      if (!isOld) this.#onFailure(outcome);
    }
    this.#schedule();
  }

  #onFailure(outcome: Exclude<PostOutcome, { kind: 'delivered' }>): void {
    if (outcome.kind === 'gone') {
      this.#inTrouble('the connection of the other end is gone');
      this.#isPeerGone = true;
      this.#lose(this.#sent.allLost());
    } else this.#inTrouble(`the relay did not accept a message: ${outcome.reason}`);
    const now = this.#clock.now();
    if (now < this.#pausedUntil) return;
    this.#pausedUntil = now + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
  }

  /** Sets the one timer of the link to what comes next. */
  #arm(): void {
    const at = this.#nextAt();
    if (this.#state === 'closed' || at === undefined) return;
    if (this.#timer && this.#timerAt <= at) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = this.#clock.after(Math.max(0, at - this.#clock.now()), () => this.#onTimer(), {
      background: true,
    });
  }

  #nextAt(): number | undefined {
    if (this.#state === 'waiting') return undefined;
    const now = this.#clock.now();
    const times = [this.#heardAt + this.#quietMs];
    if (this.#ackAt !== undefined && this.#ackAt > now) times.push(this.#ackAt);
    if (this.#troubleAt !== undefined) times.push(this.#troubleAt + resumeWithinMs);
    const overdueAt = this.#sent.nextOverdue;
    if (overdueAt !== undefined) times.push(overdueAt);
    const later = times.map((at) => Math.max(at, now));
    if (now < this.#pausedUntil) later.push(this.#pausedUntil);
    return Math.min(...later);
  }

  get #quietMs(): number {
    if (this.#options.side === 'function') return silenceMs;
    return this.#count > 0 ? keepaliveMs : idleKeepaliveMs;
  }

  #onTimer(): void {
    this.#timer = undefined;
    if (this.#state === 'closed') return;
    const now = this.#clock.now();
    const overdue = this.#sent.takeOverdue(now);
    if (overdue.length > 0) this.#inTrouble('the other end does not answer');
    this.#lose(overdue);
    if (this.#troubleAt !== undefined && now >= this.#troubleAt + resumeWithinMs) {
      this.#fail(`${this.#trouble}, for ${resumeWithinMs / 1000} s`);
      return;
    }
    if (now >= this.#heardAt + this.#quietMs) {
      if (this.#options.side === 'function') {
        this.#fail(`nothing was heard of livectl for ${silenceMs / 1000} s`);
        return;
      }
      this.#heardAt = now;
      if (this.#notices.size === 0) this.#notify({ type: 'ping' });
    }
    this.#schedule();
  }

  #fail(reason: string): void {
    this.close(reason);
    this.#options.onLost?.(reason);
  }
}
