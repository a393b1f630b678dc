// The frames of the tunnel: what a batch holds after it was opened, and the parser that trusts none of it.
import { type RefusalCode, type ResetCode, refusalCodes, resetCodes } from './codes.ts';
import {
  maxAckRanges,
  maxAddressBytes,
  maxConnectionIdBytes,
  maxHostBytes,
  maxReasonBytes,
} from './limits.ts';

/** Offsets and batch numbers have six bytes: they are exact as JavaScript numbers. */
const largestNumber = 2 ** 48 - 1;

/** Numbers on the wire. Later versions may add some: unknown ones are passed over. */
export const frameTypes = {
  hello: 1,
  open: 2,
  opened: 3,
  refused: 4,
  data: 5,
  window: 6,
  'half-close': 7,
  reset: 8,
  ack: 9,
  ping: 10,
  resume: 11,
  drain: 12,
  end: 13,
} as const;

/** Numbers of batches, both ends included. */
export type AckRange = readonly [low: number, high: number];

/** One frame. `stream` is a number that the client chose. Offsets count a direction's bytes from 0. */
export type Frame =
  /** Where this end can be reached, when a link begins; `remainingMs` until the function ends by itself, from a client 0. */
  | {
      readonly type: 'hello';
      readonly remainingMs: number;
      readonly connectionId: string;
      readonly version: string;
    }
  | { readonly type: 'open'; readonly stream: number; readonly port: number; readonly host: string }
  /** `address`: what it is connected to. */
  | { readonly type: 'opened'; readonly stream: number; readonly address: string }
  | { readonly type: 'refused'; readonly stream: number; readonly code: RefusalCode; readonly text: string }
  /** `bytes` is a part of the batch's memory. */
  | { readonly type: 'data'; readonly stream: number; readonly offset: number; readonly bytes: Buffer }
  /** Bytes up to `limit` may be sent. */
  | { readonly type: 'window'; readonly stream: number; readonly limit: number }
  /** No bytes follow from this offset on. */
  | { readonly type: 'half-close'; readonly stream: number; readonly offset: number }
  | { readonly type: 'reset'; readonly stream: number; readonly code: ResetCode }
  /** These batches have arrived, the highest range first; `delayMs` since the newest of them did. */
  | { readonly type: 'ack'; readonly delayMs: number; readonly ranges: readonly AckRange[] }
  | { readonly type: 'ping' }
  /** The sender's connection is now this one; `number` counts its connections. */
  | { readonly type: 'resume'; readonly number: number; readonly connectionId: string }
  /** The function ends in this many milliseconds. */
  | { readonly type: 'drain'; readonly ms: number }
  /** This end stops now. */
  | { readonly type: 'end' };

/** Every frame but `data`, whose bytes are copied in place. */
export type ControlFrame = Exclude<Frame, { type: 'data' }>;

/** Type and length, before the fields of each frame. */
const frameHeadBytes = 4;
/** Before the bytes of a `data` frame: frame head, stream, offset. */
export const dataHeadBytes = frameHeadBytes + 10;
/** Before the first frame: the batch's number. */
export const batchHeadBytes = 6;
/** Smaller batches have no room for every frame. */
export const smallestBatchBytes = 4096;

/** Writes frames into one reused buffer. Each method returns false, and writes nothing, if its frame does not fit. */
export class BatchWriter {
  readonly #buffer: Buffer;
  #at = batchHeadBytes;

  /** `bytes`: the largest batch, at least {@link smallestBatchBytes}. */
  constructor(bytes: number) {
    if (bytes < smallestBatchBytes) throw new RangeError(`a batch of ${bytes} bytes is too small`);
    this.#buffer = Buffer.allocUnsafeSlow(bytes);
  }

  get isEmpty(): boolean {
    return this.#at === batchHeadBytes;
  }

  get room(): number {
    return this.#buffer.length - this.#at;
  }

  /** A copy of the batch; the next one begins. */
  finish(number: number): Buffer {
    this.#buffer.writeUIntBE(number, 0, 6);
    const batch = Buffer.from(this.#buffer.subarray(0, this.#at));
    this.#at = batchHeadBytes;
    return batch;
  }

  /**
   * Throws for text or ranges over their bounds, and numbers that are not in range: these are errors of this end. `data` has
   * a method of its own.
   */
  write(frame: ControlFrame): boolean {
    switch (frame.type) {
      case 'hello': {
        const id = bytesOf(frame.connectionId, maxConnectionIdBytes);
        const version = bytesOf(frame.version, maxConnectionIdBytes);
        if (!this.#begin('hello', 5 + id.length + version.length)) return false;
        this.#u32(frame.remainingMs);
        this.#at = this.#buffer.writeUInt8(id.length, this.#at);
        this.#bytes(id);
        this.#bytes(version);
        return true;
      }
      case 'open': {
        const host = bytesOf(frame.host, maxHostBytes);
        if (!this.#begin('open', 6 + host.length)) return false;
        this.#u32(frame.stream);
        this.#at = this.#buffer.writeUInt16BE(frame.port, this.#at);
        this.#bytes(host);
        return true;
      }
      case 'opened': {
        const address = bytesOf(frame.address, maxAddressBytes);
        if (!this.#begin('opened', 4 + address.length)) return false;
        this.#u32(frame.stream);
        this.#bytes(address);
        return true;
      }
      case 'refused': {
        const text = bytesOf(frame.text, maxReasonBytes);
        if (!this.#begin('refused', 5 + text.length)) return false;
        this.#u32(frame.stream);
        this.#at = this.#buffer.writeUInt8(refusalCodes.indexOf(frame.code) + 1, this.#at);
        this.#bytes(text);
        return true;
      }
      case 'window':
        if (!this.#begin('window', 10)) return false;
        this.#u32(frame.stream);
        this.#u48(frame.limit);
        return true;
      case 'half-close':
        if (!this.#begin('half-close', 10)) return false;
        this.#u32(frame.stream);
        this.#u48(frame.offset);
        return true;
      case 'reset':
        if (!this.#begin('reset', 5)) return false;
        this.#u32(frame.stream);
        this.#at = this.#buffer.writeUInt8(resetCodes.indexOf(frame.code) + 1, this.#at);
        return true;
      case 'ack': {
        if (!this.#begin('ack', 2 + 12 * frame.ranges.length)) return false;
        this.#at = this.#buffer.writeUInt16BE(Math.min(frame.delayMs, 0xffff), this.#at);
        for (const [low, high] of frame.ranges) {
          this.#u48(low);
          this.#u48(high);
        }
        return true;
      }
      case 'resume': {
        const id = bytesOf(frame.connectionId, maxConnectionIdBytes);
        if (!this.#begin('resume', 4 + id.length)) return false;
        this.#u32(frame.number);
        this.#bytes(id);
        return true;
      }
      case 'drain':
        if (!this.#begin('drain', 4)) return false;
        this.#u32(frame.ms);
        return true;
      case 'ping':
      case 'end':
        return this.#begin(frame.type, 0);
    }
  }

  /** Room for `length` bytes of data in the batch; `copy` writes them at an index of its buffer. */
  data(stream: number, offset: number, length: number, copy: (target: Buffer, at: number) => void): boolean {
    if (!this.#begin('data', 10 + length)) return false;
    this.#u32(stream);
    this.#u48(offset);
    copy(this.#buffer, this.#at);
    this.#at += length;
    return true;
  }

  #begin(type: keyof typeof frameTypes, length: number): boolean {
    if (length + frameHeadBytes > this.room) return false;
    this.#at = this.#buffer.writeUInt8(frameTypes[type], this.#at);
    this.#at = this.#buffer.writeUIntBE(length, this.#at, 3);
    return true;
  }

  #u32(number: number): void {
    this.#at = this.#buffer.writeUInt32BE(number, this.#at);
  }

  #u48(number: number): void {
    this.#at = this.#buffer.writeUIntBE(number, this.#at, 6);
  }

  #bytes(bytes: Buffer): void {
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }
}

function bytesOf(text: string, most: number): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > most) throw new RangeError(`a text of ${bytes.length} bytes where ${most} are allowed`);
  return bytes;
}

/** A batch taken apart. */
export interface Batch {
  readonly number: number;
  readonly frames: readonly Frame[];
}

/** Parses a whole batch; a string, a short reason, if any frame of it is invalid. Frames of unknown types are left out. */
export function parseBatch(batch: Buffer): Batch | string {
  if (batch.length < batchHeadBytes) return 'a batch without a number';
  const frames: Frame[] = [];
  for (let at = batchHeadBytes; at < batch.length; ) {
    if (batch.length - at < frameHeadBytes) return 'a frame without a length';
    const start = at + frameHeadBytes;
    const end = start + batch.readUIntBE(at + 1, 3);
    if (end > batch.length) return 'a frame past the end of its batch';
    const frame = parseFrame(batch[at] as number, batch.subarray(start, end));
    if (typeof frame === 'string') return frame;
    if (frame) frames.push(frame);
    at = end;
  }
  return { number: batch.readUIntBE(0, 6), frames };
}

/** The fields of one frame; undefined for a type that this version does not know. */
function parseFrame(type: number, fields: Buffer): Frame | string | undefined {
  const { length } = fields;
  switch (type) {
    case frameTypes.hello: {
      const idEnd = 5 + (fields[4] ?? 0);
      if (length < 5 || idEnd > length) return 'a hello that is too short';
      const connectionId = asciiOf(fields.subarray(5, idEnd), maxConnectionIdBytes);
      const version = asciiOf(fields.subarray(idEnd), maxConnectionIdBytes);
      if (connectionId === undefined || version === undefined) return 'a hello with invalid text';
      return { type: 'hello', remainingMs: fields.readUInt32BE(0), connectionId, version };
    }
    case frameTypes.open: {
      const host = asciiOf(fields.subarray(6), maxHostBytes);
      if (length < 6 || host === undefined) return 'an open with an invalid host';
      const port = fields.readUInt16BE(4);
      if (port === 0) return 'an open with an invalid port';
      return { type: 'open', stream: fields.readUInt32BE(0), port, host };
    }
    case frameTypes.opened: {
      const address = asciiOf(fields.subarray(4), maxAddressBytes);
      if (length < 4 || address === undefined) return 'an opened with an invalid address';
      return { type: 'opened', stream: fields.readUInt32BE(0), address };
    }
    case frameTypes.refused: {
      const code = refusalCodes[(fields[4] ?? 0) - 1];
      if (code === undefined || length > 5 + maxReasonBytes) return 'a refusal with invalid fields';
      return { type: 'refused', stream: fields.readUInt32BE(0), code, text: fields.toString('utf8', 5) };
    }
    case frameTypes.data: {
      if (length <= 10) return 'data without bytes';
      const offset = fields.readUIntBE(4, 6);
      if (offset + length - 10 > largestNumber) return 'data past the largest offset';
      return { type: 'data', stream: fields.readUInt32BE(0), offset, bytes: fields.subarray(10) };
    }
    case frameTypes.window:
      if (length !== 10) return 'a window of another length';
      return { type: 'window', stream: fields.readUInt32BE(0), limit: fields.readUIntBE(4, 6) };
    case frameTypes['half-close']:
      if (length !== 10) return 'a half-close of another length';
      return { type: 'half-close', stream: fields.readUInt32BE(0), offset: fields.readUIntBE(4, 6) };
    case frameTypes.reset: {
      const code = resetCodes[(fields[4] ?? 0) - 1];
      if (length !== 5 || code === undefined) return 'a reset with invalid fields';
      return { type: 'reset', stream: fields.readUInt32BE(0), code };
    }
    case frameTypes.ack:
      return parseAck(fields);
    case frameTypes.ping:
      return length === 0 ? { type: 'ping' } : 'a ping with fields';
    case frameTypes.resume: {
      const connectionId = asciiOf(fields.subarray(4), maxConnectionIdBytes);
      if (length < 4 || connectionId === undefined) return 'a resume with an invalid connection';
      return { type: 'resume', number: fields.readUInt32BE(0), connectionId };
    }
    case frameTypes.drain:
      return length === 4 ? { type: 'drain', ms: fields.readUInt32BE(0) } : 'a drain of another length';
    case frameTypes.end:
      return length === 0 ? { type: 'end' } : 'an end with fields';
    default:
      return undefined;
  }
}

function parseAck(fields: Buffer): Frame | string {
  const count = (fields.length - 2) / 12;
  if (!Number.isInteger(count) || count < 1 || count > maxAckRanges) return 'an ack of another length';
  const ranges: AckRange[] = [];
  let below = Number.POSITIVE_INFINITY;
  for (let at = 2; at < fields.length; at += 12) {
    const low = fields.readUIntBE(at, 6);
    const high = fields.readUIntBE(at + 6, 6);
    if (low > high || high >= below) return 'an ack whose ranges are not in order';
    ranges.push([low, high]);
    below = low;
  }
  return { type: 'ack', delayMs: fields.readUInt16BE(0), ranges };
}

/** Printable ASCII without spaces, 1 to `most` characters. */
function asciiOf(bytes: Buffer, most: number): string | undefined {
  if (bytes.length < 1 || bytes.length > most) return undefined;
  for (const byte of bytes) if (byte < 0x21 || byte > 0x7e) return undefined;
  return bytes.toString('latin1');
}
