// [5] Reads what a debugger sends, for the request by which it lets a process run: it has placed its breakpoints by then.
import type { DebugKind } from './debug-port.ts';

/** Of the inspector's protocol, and of the Debug Adapter Protocol. */
const startWords: Readonly<Record<DebugKind, string>> = {
  node: '"Runtime.runIfWaitingForDebugger"',
  python: '"configurationDone"',
};

/** A frame of a WebSocket: where its length is, in bytes. */
const shortHeader = 2;
const maskBytes = 4;

/** A longer message is not looked into: the request that is looked for is short. Bytes. */
const mostPayload = 1024;

/** Returns a function that takes the bytes in order, and calls `onFound` once. */
export function startWordReader(kind: DebugKind, onFound: () => void): (chunk: Buffer) => void {
  const word = startWords[kind];
  let isFound = false;
  const look = (text: string) => {
    if (isFound || !text.includes(word)) return;
    isFound = true;
    onFound();
  };
  if (kind === 'node') {
    const frames = new ClientFrames(look);
    return (chunk) => frames.take(chunk);
  }
  let tail = '';
  return (chunk) => {
    const text = tail + chunk.toString('latin1');
    look(text);
    tail = text.slice(-word.length);
  };
}

/** The short messages that a WebSocket's client sends, masked as they must be. */
class ClientFrames {
  readonly #onText: (text: string) => void;
  #bytes: Buffer = Buffer.alloc(0);
  /** How many bytes of a long message are still to come. */
  #skip = 0;

  constructor(onText: (text: string) => void) {
    this.#onText = onText;
  }

  take(chunk: Buffer): void {
    const skipped = Math.min(this.#skip, chunk.length);
    this.#skip -= skipped;
    this.#bytes = Buffer.concat([this.#bytes, chunk.subarray(skipped)]);
    while (this.#frame());
  }

  #frame(): boolean {
    const bytes = this.#bytes;
    if (bytes.length < shortHeader) return false;
    const short = (bytes[1] ?? 0) & 0x7f;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const start = shortHeader + lengthBytes + maskBytes;
    if (bytes.length < start) return false;
    const length =
      lengthBytes === 0
        ? short
        : lengthBytes === 2
          ? bytes.readUInt16BE(shortHeader)
          : Number(bytes.readBigUInt64BE(shortHeader));
    const end = start + length;
    if (length > mostPayload) {
      this.#skip = Math.max(0, end - bytes.length);
      this.#bytes = bytes.subarray(end);
      return this.#skip === 0;
    }
    if (bytes.length < end) return false;
    const mask = bytes.subarray(start - maskBytes, start);
    const payload = bytes.subarray(start, end).map((byte, index) => byte ^ (mask[index % maskBytes] ?? 0));
    this.#bytes = bytes.subarray(end);
    this.#onText(Buffer.from(payload).toString('latin1'));
    return true;
  }
}
