// The protocol's state of one stream at one end: opening, both directions, and how it ends. It outlives its Duplex until the
// other end has acknowledged all of it.
import { type RefusalCode, type ResetCode, TunnelRefused, TunnelReset } from './codes.ts';
import type { BatchWriter, ControlFrame } from './frames.ts';
import { InHalf, type Reader, type WindowBudget } from './in-half.ts';
import { OutHalf } from './out-half.ts';

/** What a batch carries of a stream that must arrive. */
export type FlowItem =
  | { readonly flow: Flow; readonly kind: 'data'; readonly start: number; readonly end: number }
  | { readonly flow: Flow; readonly kind: 'open' | 'answer' | 'grant' | 'final' | 'reset' };

/** A frame of the link itself that must arrive. */
export interface Notice {
  readonly kind: 'notice';
  readonly frame: ControlFrame;
}

export type Item = FlowItem | Notice;

/** The Duplex of a flow. */
export interface FlowStream extends Reader {
  /** `opened` of the function has arrived. */
  onOpened(address: string): void;
  /** It was not opened; nothing more is delivered. */
  onRefused(error: TunnelRefused): void;
  /** It has ended before its time; nothing more is delivered. */
  onReset(error: TunnelReset): void;
  /** There may be room for bytes again. */
  onRoom(): void;
  /** The other end has all bytes, and the end of them. */
  onFinished(): void;
}

/** The link of a flow. */
export interface FlowLink {
  readonly budget: WindowBudget;
  now(): number;
  /** The flow has something to send. */
  onReady(flow: Flow): void;
  /** The function has opened the flow that this end asked for. */
  onOpened(flow: Flow): void;
  /** The flow no longer counts as a stream. */
  onClosing(flow: Flow): void;
  /** The flow needs no frame any more, in either direction. */
  onGone(flow: Flow): void;
}

/** A frame that is sent until it is acknowledged. */
type Due = 'none' | 'due' | 'sent' | 'acked';

type Answer = { readonly address: string } | { readonly code: RefusalCode; readonly text: string };

export class Flow {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly out = new OutHalf();
  readonly in: InHalf;
  readonly #link: FlowLink;
  readonly #stream: FlowStream;
  /** `refusing` and `resetting`: until the other end has acknowledged it. */
  #state: 'opening' | 'open' | 'refusing' | 'resetting' | 'gone' = 'opening';
  #isClosing = false;
  #open: Due;
  /** The other end may have been asked to open it. */
  #isOffered: boolean;
  #answer: Answer | undefined;
  #answerDue: Due = 'none';
  #reset: { readonly code: ResetCode; due: Due } | undefined;

  /** `isOpener`: this end asks the other one to open it. */
  constructor(
    link: FlowLink,
    stream: FlowStream,
    target: { readonly id: number; readonly host: string; readonly port: number },
    isOpener: boolean,
  ) {
    this.id = target.id;
    this.host = target.host;
    this.port = target.port;
    this.#link = link;
    this.#stream = stream;
    this.#open = isOpener ? 'due' : 'none';
    this.#isOffered = !isOpener;
    this.in = new InHalf(stream, link.budget);
  }

  /** Whether it is not counted as a stream any more, though frames of it may be under way. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Whether there are frames other than data to send. */
  get hasControl(): boolean {
    if (this.#reset) return this.#reset.due === 'due';
    return (
      this.#open === 'due' ||
      this.#answerDue === 'due' ||
      this.in.isGrantDue ||
      (this.#state === 'open' && this.out.isFinalDue)
    );
  }

  /** Bytes that can be sent now. */
  get sendable(): number {
    return this.#state === 'open' ? this.out.sendable : 0;
  }

  /** The function has connected, to this address. */
  accept(address: string): void {
    this.#answerWith({ address });
    this.#state = 'open';
    this.#stream.onRoom();
  }

  refuse(code: RefusalCode, text: string): void {
    this.#answerWith({ code, text });
    this.#state = 'refusing';
    this.#closing();
  }

  /** Takes bytes of the writer; returns how many. */
  take(bytes: Uint8Array): number {
    if (this.#state !== 'open') return 0;
    const taken = this.out.take(bytes);
    if (taken > 0) this.#link.onReady(this);
    return taken;
  }

  /** The writer has ended. */
  finish(): void {
    this.out.finish();
    this.#link.onReady(this);
    this.#look();
  }

  /** The reader takes more. */
  read(): void {
    this.in.read();
    this.#updateWindow();
    this.#look();
  }

  /** The reader has taken bytes. */
  consumed(): void {
    this.#updateWindow();
  }

  /** The Duplex is destroyed: nobody reads or writes. Without `error` and with both directions ended, that is the normal end. */
  destroyed(error: Error | undefined): void {
    if (this.#state === 'gone' || this.#state === 'refusing' || this.#state === 'resetting') return;
    // Bytes may still be under way to the other end, if the user did not wait for `finish`; the flow ends when it has them.
    if (!error && this.in.isDone && this.out.isEnding) return;
    this.resetTo(error ? 'failed' : 'closed');
  }

  /** Ends it at the other end. */
  resetTo(code: ResetCode): void {
    if (this.#state === 'gone') return;
    this.#state = 'resetting';
    this.in.close();
    this.#reset = { code, due: 'due' };
    this.#closing();
    // A lost `open` may have arrived all the same.
    if (this.#isOffered) this.#link.onReady(this);
    else this.#gone();
  }

  onOpened(address: string): void {
    if (this.#state !== 'opening' || this.#open === 'none') return;
    this.#state = 'open';
    this.#open = 'acked';
    this.#link.onOpened(this);
    this.#stream.onOpened(address);
    this.#stream.onRoom();
  }

  onRefused(code: RefusalCode, text: string): void {
    if (this.#state !== 'opening' || this.#open === 'none') return;
    this.#gone();
    this.#stream.onRefused(new TunnelRefused(code, text));
  }

  /** It took too long to open. */
  onOpenTimeout(message: string): void {
    if (this.#state !== 'opening') return;
    this.resetTo('closed');
    this.#stream.onRefused(new TunnelRefused('timeout', message));
  }

  /** Returns how many bytes have arrived in order by this. */
  onData(offset: number, bytes: Buffer, batchBytes: number): number {
    if (this.#state !== 'open' && this.#state !== 'opening') return 0;
    const before = this.in.received;
    if (!this.in.data(offset, bytes, batchBytes)) {
      this.#violated('sent data past its window or its end');
      return 0;
    }
    const arrived = this.in.received - before;
    this.#updateWindow();
    this.#look();
    return arrived;
  }

  onWindow(limit: number): void {
    this.out.grant(limit);
    if (this.sendable > 0) this.#link.onReady(this);
  }

  onHalfClose(offset: number): void {
    if (this.#state !== 'open' && this.#state !== 'opening') return;
    if (!this.in.final(offset)) return this.#violated('announced an end that contradicts its data');
    this.#look();
  }

  onReset(code: ResetCode): void {
    this.end(code, `the other end of the tunnel reset the stream (${code})`);
  }

  /** Ends it at this end only, at once. */
  end(code: ResetCode, message: string): void {
    if (this.#state === 'gone') return;
    const wasOpening = this.#state === 'opening' && this.#open !== 'none';
    this.#gone();
    if (wasOpening) this.#stream.onRefused(new TunnelRefused('lost', message));
    else this.#stream.onReset(new TunnelReset(code, message));
  }

  /** Writes what is due besides data; false if something did not fit. */
  writeControl(writer: BatchWriter, items: Item[]): boolean {
    const stream = this.id;
    if (this.#reset) {
      if (this.#reset.due !== 'due') return true;
      if (!writer.write({ type: 'reset', stream, code: this.#reset.code })) return false;
      this.#reset.due = 'sent';
      items.push({ flow: this, kind: 'reset' });
      return true;
    }
    if (this.#open === 'due') {
      if (!writer.write({ type: 'open', stream, host: this.host, port: this.port })) return false;
      this.#open = 'sent';
      this.#isOffered = true;
      items.push({ flow: this, kind: 'open' });
    }
    if (this.#answerDue === 'due' && this.#answer) {
      const isWritten =
        'address' in this.#answer
          ? writer.write({ type: 'opened', stream, address: this.#answer.address })
          : writer.write({ type: 'refused', stream, ...this.#answer });
      if (!isWritten) return false;
      this.#answerDue = 'sent';
      items.push({ flow: this, kind: 'answer' });
    }
    if (this.in.isGrantDue) {
      if (!writer.write({ type: 'window', stream, limit: this.in.limit })) return false;
      this.in.grantSent();
      items.push({ flow: this, kind: 'grant' });
    }
    if (this.#state === 'open' && this.out.isFinalDue) {
      if (!this.out.writeFinal(writer, stream)) return false;
      items.push({ flow: this, kind: 'final' });
    }
    return true;
  }

  /** Writes data, at most `most` bytes; returns how many. */
  writeData(writer: BatchWriter, items: Item[], most: number): number {
    let left = Math.min(most, this.sendable);
    const all = left;
    while (left > 0) {
      const written = this.out.write(writer, this.id, left);
      if (written === undefined) break;
      const [start, end] = written;
      items.push({ flow: this, kind: 'data', start, end });
      left -= end - start;
    }
    if (left < all) this.#stream.onRoom();
    return all - left;
  }

  acked(item: FlowItem): void {
    if (item.kind === 'data') this.out.acked(item.start, item.end);
    else if (item.kind === 'final') this.out.finalAcked();
    else if (item.kind === 'open') this.#open = 'acked';
    else if (item.kind === 'answer') {
      this.#answerDue = 'acked';
      if (this.#state === 'refusing') this.#gone();
    } else if (item.kind === 'reset') this.#gone();
    if (this.#state === 'open' && this.out.isDone) this.#stream.onFinished();
    this.#look();
  }

  lost(item: FlowItem): void {
    if (this.#state === 'gone') return;
    if (item.kind === 'data') this.out.lost(item.start, item.end);
    else if (item.kind === 'final') this.out.finalLost();
    else if (item.kind === 'open' && this.#open === 'sent') this.#open = 'due';
    else if (item.kind === 'answer' && this.#answerDue === 'sent') this.#answerDue = 'due';
    else if (item.kind === 'grant') this.in.grantLost();
    else if (item.kind === 'reset' && this.#reset) this.#reset.due = 'due';
    this.#link.onReady(this);
  }

  #answerWith(answer: Answer): void {
    if (this.#state !== 'opening' || this.#open !== 'none') return;
    this.#answer = answer;
    this.#answerDue = 'due';
    this.#link.onReady(this);
  }

  #updateWindow(): void {
    this.in.updateWindow(this.#link.now());
    if (this.in.isGrantDue) this.#link.onReady(this);
  }

  #violated(what: string): void {
    const message = `the other end of the tunnel ${what}`;
    this.resetTo('protocol');
    this.#stream.onReset(new TunnelReset('protocol', message));
  }

  /** Whether both directions have ended and are acknowledged. */
  #look(): void {
    if (this.#state === 'open' && this.in.isDone && this.out.isDone) this.#gone();
  }

  #closing(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#link.onClosing(this);
  }

  #gone(): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    this.in.close();
    this.#closing();
    this.#link.onGone(this);
  }
}
