// What waits to be sent, and what goes into the next batch: frames of the link, then small data, then large data in turns.
import type { Flow, Item, Notice } from './flow.ts';
import type { BatchWriter, ControlFrame } from './frames.ts';
import { smallDataBytes, turnBytes } from './limits.ts';

/** What waits. */
interface Pending {
  /** Something that nobody should wait for: a frame besides data, or small data. */
  readonly isUrgent: boolean;
  /** Bytes of data, large and small; no more are counted than were asked for. */
  readonly bytes: number;
}

export class SendQueue {
  readonly #notices = new Set<Notice>();
  /** Streams with frames besides data, and with data, in the order of their turns. */
  readonly #control = new Set<Flow>();
  readonly #data = new Set<Flow>();

  /** Whether frames of the link itself wait. */
  get hasNotices(): boolean {
    return this.#notices.size > 0;
  }

  /** A frame of the link itself; it replaces one of the same type that waits. */
  notify(frame: ControlFrame): void {
    const other = this.#like(frame);
    if (other) this.#notices.delete(other);
    this.#notices.add({ kind: 'notice', frame });
  }

  /** A frame that was lost; a newer one of the same type replaces it. */
  notifyAgain(frame: ControlFrame): void {
    if (!this.#like(frame)) this.#notices.add({ kind: 'notice', frame });
  }

  /** The stream may have something to send. */
  add(flow: Flow): void {
    if (flow.hasControl) this.#control.add(flow);
    if (flow.sendable > 0) this.#data.add(flow);
  }

  remove(flow: Flow): void {
    this.#control.delete(flow);
    this.#data.delete(flow);
  }

  clear(): void {
    this.#notices.clear();
    this.#control.clear();
    this.#data.clear();
  }

  /** Counts data up to `enough` bytes. */
  pending(noticesOnly: boolean, enough: number): Pending {
    let isUrgent = this.#notices.size > 0;
    let bytes = 0;
    if (noticesOnly) return { isUrgent, bytes };
    isUrgent ||= this.#control.size > 0;
    for (const { sendable } of this.#data) {
      bytes += sendable;
      isUrgent ||= sendable > 0 && sendable <= smallDataBytes;
      if (isUrgent && bytes >= enough) break;
    }
    return { isUrgent, bytes };
  }

  /**
   * Writes what goes first, and large data up to `largeBytes`. Large data does not travel with what somebody waits for, which
   * would arrive later. Returns whether there is nothing but large data in the batch.
   */
  fill(writer: BatchWriter, items: Item[], noticesOnly: boolean, largeBytes: number): boolean {
    for (const notice of this.#notices) {
      if (!writer.write(notice.frame)) break;
      this.#notices.delete(notice);
      items.push(notice);
    }
    if (noticesOnly) return false;
    for (const flow of this.#control) {
      if (!flow.writeControl(writer, items)) break;
      this.#control.delete(flow);
    }
    for (const flow of this.#data)
      if (flow.sendable <= smallDataBytes) this.#write(flow, writer, items, smallDataBytes);
    const isLarge = items.every(({ kind }) => kind === 'grant');
    if (isLarge) this.#fillLarge(writer, items, largeBytes);
    return isLarge;
  }

  #fillLarge(writer: BatchWriter, items: Item[], largeBytes: number): void {
    let left = largeBytes;
    while (left > 0 && this.#data.size > 0) {
      const [flow] = this.#data;
      const turn = this.#data.size === 1 ? left : Math.min(left, turnBytes);
      const written = flow === undefined ? 0 : this.#write(flow, writer, items, turn);
      if (written === 0) break;
      left -= written;
    }
  }

  /** Writes data of a stream, whose turn is over then; returns how many bytes. */
  #write(flow: Flow, writer: BatchWriter, items: Item[], most: number): number {
    const written = flow.writeData(writer, items, most);
    if (written === 0 && flow.sendable > 0) return 0;
    this.#data.delete(flow);
    if (flow.sendable > 0) this.#data.add(flow);
    if (flow.hasControl && !flow.writeControl(writer, items)) this.#control.add(flow);
    return written;
  }

  /** Each refusal is of another stream. */
  #like(frame: ControlFrame): Notice | undefined {
    if (frame.type === 'refused') return undefined;
    return [...this.#notices].find((notice) => notice.frame.type === frame.type);
  }
}
