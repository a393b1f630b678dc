// The link between livectl and a tunnel function: streams over batches that may be lost, repeated or out of order.
import type { Clock, Timer } from '../clock.ts';
import type { PostOutcome } from '../relay-post.ts';
import { BatchSender } from './batch-sender.ts';
import type { Flow, FlowLink, Item } from './flow.ts';
import { type ControlFrame, type Frame, parseBatch } from './frames.ts';
import {
  ackDelayMs,
  idleKeepaliveMs,
  keepaliveMs,
  maxSeenRanges,
  maxStreams,
  openWithinMs,
  resumeWithinMs,
  silenceMs,
  windowBudgetBytes,
} from './limits.ts';
import { Seen } from './ranges.ts';
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
   * Seals a batch and posts it to the other end; up to 12 at once, and they may overtake each other. Retries what may pass (429,
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
  /** The last stream has ended, and all of it has arrived. */
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
  /** Bytes of streams: that have arrived from the other end, and that it has acknowledged. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly batchesIn: number;
  readonly batchesOut: number;
  /** Batches that were invalid. */
  readonly dropped: number;
  /** Batches that had arrived before. */
  readonly repeated: number;
  /** Frames that were sent again. */
  readonly resent: number;
  /** From a post to its ack; undefined before the first. */
  readonly rttMs: number | undefined;
}

/** How long `end` waits until the relay has accepted it. Milliseconds. */
const endWithinMs = 1000;

const atLimit = `the tunnel has ${maxStreams} streams, which is its limit`;

export class TunnelLink {
  readonly #options: TunnelLinkOptions;
  readonly #clock: Clock;
  readonly #host: FlowLink;
  readonly #sender: BatchSender;
  readonly #seenStreams = new Seen(maxSeenRanges);
  readonly #flows = new Map<number, Flow>();
  /** Those that count as streams. */
  readonly #open = new Set<Flow>();
  readonly #openTimers = new Map<Flow, Timer>();
  #state: 'waiting' | 'open' | 'closed';
  #nextStream = 1;
  #ownConnection = 0;
  #peerConnection = 0;
  /** This end's socket is down: nothing can be heard. */
  #isLost = false;
  /** The other end's connection is gone: only what finds it again is sent. */
  #isPeerGone = false;
  /** Since when something is wrong without a sign of the other end, and what. */
  #troubleAt: number | undefined;
  #trouble = '';
  #heardAt: number;
  #timer: Timer | undefined;
  #timerAt = 0;
  /** Resolves `end`. */
  #onEnded: () => void = () => undefined;
  #opened = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  #batchesIn = 0;
  #dropped = 0;
  #repeated = 0;
  #resent = 0;

  constructor(options: TunnelLinkOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#heardAt = options.clock.now();
    this.#state = options.side === 'client' ? 'waiting' : 'open';
    this.#host = {
      budget: { left: windowBudgetBytes },
      now: () => this.#clock.now(),
      onReady: (flow) => this.#onReady(flow),
      onOpened: (flow) => this.#cancelOpenTimer(flow),
      onClosing: (flow) => this.#onClosing(flow),
      onGone: (flow) => this.#onGone(flow),
    };
    const { batchBytes, clock, hello, post } = options;
    this.#sender = new BatchSender(
      {
        clock,
        post,
        batchBytes,
        onOutcome: (outcome) => this.#onOutcome(outcome),
        onLost: (items) => this.#sendAgain(items),
        onEndDelivered: () => this.#onEnded(),
        onScheduled: () => this.#arm(),
      },
      this.#state === 'open' ? 'all' : 'nothing',
    );
    if (hello) this.#notify({ type: 'hello', ...hello });
    this.#arm();
  }

  get stats(): TunnelStats {
    return {
      streams: this.#open.size,
      opened: this.#opened,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      batchesIn: this.#batchesIn,
      batchesOut: this.#sender.batches,
      dropped: this.#dropped,
      repeated: this.#repeated,
      resent: this.#resent,
      rttMs: this.#sender.rttMs,
    };
  }

  /** Whether the link has ended: by `close`, by the other end, or because it was lost. */
  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /**
   * On the client's side: opens a stream to a host (a name in ASCII, or an address without brackets) and port, as seen by the
   * function. Never throws there: `opened` of the stream rejects with `TunnelRefused`, with `limit` beyond 256 streams, with
   * `unresolved` for what cannot be a host, with `timeout` after 30 s. May be called before the function's hello.
   */
  open(host: string, port: number): TunnelStream {
    if (this.#options.side !== 'client') throw new Error('only the client opens streams');
    const id = this.#nextStream;
    this.#nextStream += 1;
    const stream = new TunnelStream(this.#host, { id, host, port }, true);
    const { flow } = stream;
    if (this.#state === 'closed') flow.onRefused('lost', 'the tunnel is closed');
    else if (this.#open.size >= maxStreams) flow.onRefused('limit', atLimit);
    else if (!/^[\x21-\x7e]{1,253}$/.test(host))
      flow.onRefused('unresolved', 'this is not the name of a host');
    else if (!(Number.isInteger(port) && port >= 1 && port <= 65_535))
      flow.onRefused('unresolved', `port ${port} is not between 1 and 65535`);
    else {
      this.#add(flow);
      const timer = this.#clock.after(openWithinMs, () =>
        flow.onOpenTimeout(`no connection to ${host}:${port} within ${openWithinMs / 1000} s`),
      );
      this.#openTimers.set(flow, timer);
      this.#onReady(flow);
    }
    return stream;
  }

  /** A batch that has arrived, opened. Its memory is the link's from now on. An invalid one is dropped and counted. */
  receive(bytes: Buffer): void {
    if (this.#state === 'closed') return;
    const batch = parseBatch(bytes);
    if (typeof batch === 'string') {
      this.#dropped += 1;
      return;
    }
    const { arrivals } = this.#sender;
    const { frames, number } = batch;
    const now = this.#clock.now();
    if (number > 0 && arrivals.has(number)) {
      this.#repeated += 1;
      arrivals.ackBy(now + ackDelayMs);
      this.#sender.schedule();
      return;
    }
    this.#heardAt = now;
    this.#batchesIn += 1;
    let isResumed = false;
    for (const frame of frames) {
      if (frame.type === 'resume') isResumed = this.#onResume(frame) || isResumed;
      else this.#onFrame(frame, bytes.length);
      if (this.isClosed) return;
    }
    if (number > 0) arrivals.add(number, bytes.length, now);
    if (isResumed) {
      // Its ack came with it: what it does not have was lost with its connection.
      arrivals.ackBy(now);
      this.#isPeerGone = false;
      this.#sender.renew();
      this.#updateSends();
    }
    this.#sender.schedule();
  }

  /** This end's socket is lost. Streams wait for {@link resumed}, 10 s at most. */
  lost(): void {
    if (this.#state === 'closed' || this.#isLost) return;
    this.#isLost = true;
    this.#inTrouble('the connection to the relay was lost');
    this.#updateSends();
  }

  /** This end has a new socket, reached at this connection. */
  resumed(connectionId: string): void {
    if (this.#state === 'closed') return;
    this.#isLost = false;
    this.#ownConnection += 1;
    this.#sender.queue.notify({ type: 'resume', number: this.#ownConnection, connectionId });
    this.#sender.arrivals.ackBy(this.#clock.now());
    this.#sender.resume();
    this.#updateSends();
  }

  /** On the function's side: it ends in this many milliseconds. */
  drain(ms: number): void {
    if (this.#state !== 'closed') this.#notify({ type: 'drain', ms: Math.max(0, Math.round(ms)) });
  }

  /** Ends the link at both ends; resolves when the relay has accepted the message, after 1 s at most. Never rejects. */
  async end(): Promise<void> {
    if (this.#state === 'open') {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.after(endWithinMs, resolve);
        this.#onEnded = () => {
          timer.cancel();
          resolve();
        };
        this.#notify({ type: 'end' });
      });
    }
    this.close('the tunnel was closed');
  }

  /** Closes the link at this end only: resets all streams with `lost`, rejects those being opened, and frees everything. */
  close(reason: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#timer?.cancel();
    for (const flow of [...this.#flows.values()]) flow.end('lost', reason);
    this.#sender.close();
    this.#onEnded();
  }

  #add(flow: Flow): void {
    this.#flows.set(flow.id, flow);
    this.#open.add(flow);
    this.#opened += 1;
  }

  #cancelOpenTimer(flow: Flow): void {
    this.#openTimers.get(flow)?.cancel();
    this.#openTimers.delete(flow);
  }

  #onClosing(flow: Flow): void {
    this.#cancelOpenTimer(flow);
    if (this.#open.delete(flow) && this.#open.size === 0 && !this.isClosed) this.#options.onIdle?.();
  }

  #onGone(flow: Flow): void {
    if (this.#flows.get(flow.id) === flow) this.#flows.delete(flow.id);
    this.#sender.queue.remove(flow);
  }

  #onReady(flow: Flow): void {
    if (this.#flows.get(flow.id) !== flow) return;
    this.#sender.queue.add(flow);
    this.#sender.schedule();
  }

  #notify(frame: ControlFrame): void {
    this.#sender.queue.notify(frame);
    this.#sender.schedule();
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
        this.close('the other end has closed the tunnel');
        return this.#options.onEnd?.();
      case 'ping':
        return;
    }
    const flow = this.#flows.get(frame.stream);
    if (flow === undefined) {
      // It has ended here, and the other end knows or learns it from an ack. A reset may have overtaken its `open`.
      if (frame.type === 'reset') this.#seenStreams.add(frame.stream);
      return;
    }
    switch (frame.type) {
      case 'opened':
        return flow.onOpened(frame.address);
      case 'refused':
        return flow.onRefused(frame.code, frame.text);
      case 'data':
        this.#bytesIn += flow.onData(frame.offset, frame.bytes, batchBytes);
        return;
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
    // A later connection may have been announced by a batch that came first.
    if (this.#peerConnection === 0) this.#options.onPeer?.(connectionId);
    this.#updateSends();
    this.#options.onHello?.({ connectionId, remainingMs, version });
  }

  #onOpen({ host, port, stream: id }: Extract<Frame, { type: 'open' }>): void {
    if (this.#options.side !== 'function' || this.#seenStreams.has(id)) return;
    this.#seenStreams.add(id);
    // Streams that were reset need memory until the other end knows.
    if (this.#open.size >= maxStreams || this.#flows.size >= 2 * maxStreams)
      return this.#notify({ type: 'refused', stream: id, code: 'limit', text: atLimit });
    const stream = new TunnelStream(this.#host, { id, host, port }, false);
    this.#add(stream.flow);
    if (this.#options.onOpen) this.#options.onOpen(stream);
    else stream.refuse('refused', 'this end connects nothing');
  }

  #onAck(frame: Extract<Frame, { type: 'ack' }>): void {
    const items = this.#sender.acked(frame);
    if (items === undefined) this.#dropped += 1;
    if (items === undefined || items.length === 0) return;
    this.#troubleAt = undefined;
    for (const item of items) {
      if (item.kind === 'notice') continue;
      if (item.kind === 'data') this.#bytesOut += item.end - item.start;
      item.flow.acked(item);
    }
  }

  #onOutcome(outcome: PostOutcome): void {
    if (outcome.kind === 'delivered') this.#isPeerGone = false;
    else if (outcome.kind === 'failed')
      this.#inTrouble(`the relay did not accept a message: ${outcome.reason}`);
    else {
      this.#isPeerGone = true;
      this.#inTrouble('the connection of the other end is gone');
      this.#sender.loseAll();
    }
    this.#updateSends();
  }

  #updateSends(): void {
    if (this.#state === 'waiting') return;
    this.#sender.sends = this.#isLost || this.#isPeerGone ? 'notices' : 'all';
  }

  #sendAgain(items: readonly Item[]): void {
    this.#resent += items.length;
    for (const item of items) {
      if (item.kind !== 'notice') item.flow.lost(item);
      else if (!this.#isOutdated(item.frame)) this.#sender.queue.notifyAgain(item.frame);
    }
  }

  #isOutdated(frame: ControlFrame): boolean {
    return frame.type === 'resume' && frame.number < this.#ownConnection;
  }

  #inTrouble(what: string): void {
    if (this.#troubleAt === undefined) {
      this.#troubleAt = this.#clock.now();
      this.#trouble = what;
    }
    // Its ack shows that the trouble is over.
    if (!this.#sender.queue.hasNotices) this.#notify({ type: 'ping' });
  }

  /** Sets the one timer of the link to what comes next. */
  #arm(): void {
    if (this.#state !== 'open') return;
    const times = [this.#heardAt + this.#quietMs];
    const sendsAt = this.#sender.nextAt;
    if (sendsAt !== undefined) times.push(sendsAt);
    if (this.#troubleAt !== undefined) times.push(this.#troubleAt + resumeWithinMs);
    const at = Math.min(...times);
    if (this.#timer && this.#timerAt <= at) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    const ms = Math.max(0, at - this.#clock.now());
    this.#timer = this.#clock.after(ms, () => this.#onTimer(), { background: true });
  }

  get #quietMs(): number {
    if (this.#options.side === 'function') return silenceMs;
    return this.#open.size > 0 ? keepaliveMs : idleKeepaliveMs;
  }

  #onTimer(): void {
    this.#timer = undefined;
    if (this.#state !== 'open') return;
    if (this.#sender.onTime()) this.#inTrouble('the other end does not answer');
    const now = this.#clock.now();
    if (this.#troubleAt !== undefined && now >= this.#troubleAt + resumeWithinMs)
      return this.#fail(`${this.#trouble}, for ${resumeWithinMs / 1000} s`);
    if (now >= this.#heardAt + this.#quietMs) {
      if (this.#options.side === 'function')
        return this.#fail(`nothing was heard of livectl for ${silenceMs / 1000} s`);
      this.#heardAt = now;
      if (!this.#sender.queue.hasNotices) this.#notify({ type: 'ping' });
    }
    this.#arm();
  }

  #fail(reason: string): void {
    this.close(reason);
    this.#options.onLost?.(reason);
  }
}
