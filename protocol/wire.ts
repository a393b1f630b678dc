// From a message to the texts that pass through the relay, and from such a text back to one opened chunk.
//
// A wire text is `<header JSON>\n<the sealed chunk as text>`. The header is authenticated byte for byte as it stands, so no
// canonical form is needed. docs/protocol.md has the layout.
import { promisify } from 'node:util';
import {
  brotliCompress,
  brotliCompressSync,
  brotliDecompress,
  brotliDecompressSync,
  constants,
  gunzip,
  gzip,
} from 'node:zlib';
import * as v from 'valibot';
import { parseJson } from './json.ts';
import { LiveDebugError, messageOf } from './live-debug-error.ts';
import {
  type AnyMessage,
  headerSchema,
  headSchemas,
  type Message,
  type MessageHeader,
  type MessageType,
  maxChunks,
  maxHeadBytes,
  maxMessageBytes,
  maxWireBytes,
  protocolVersion,
} from './message.ts';
import { type Channel, sealOverheadBytes } from './sealing.ts';
import { fromSeptets, toSeptets } from './septets.ts';

/**
 * Smaller messages are sent as they are: compressing an `ack` never pays off. Above, brotli takes 0.05 ms on both ends
 * together and makes an invocation of 3 KB 1.4 KB smaller; gzip and the thread pool take 0.3 ms.
 */
const brotliFromBytes = 1024;
const gzipFromBytes = 4096;

/** Up to this size, compressing synchronously is faster than a trip to the thread pool (0.3 ms at 64 KB). */
const atOnceBytes = 64 * 1024;
/** The same for unpacking, in compressed bytes. */
const unpackAtOnceBytes = 16 * 1024;

/**
 * Brotli's second-fastest quality: smaller than gzip in two thirds of the time, or a tenth where nothing repeats
 * (docs/benchmarks-packing.md). `lgwin` sets a window of 256 KB, the smallest at this quality; larger ones are refused.
 */
const brotliOptions = {
  chunkSize: 64 * 1024,
  params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 16 },
};
const maxWindowBits = 18;

/** More than any header needs: two identifiers of 128 characters, an encapsulated key, numbers and names. */
const maxHeaderBytes = 1024;

/** How many bytes of a message fit in one text, after encoding and overhead. */
const chunkBytesOf = (textBytes: number, isSeptets: boolean) =>
  Math.floor((textBytes - maxHeaderBytes) / (isSeptets ? 32 : 4)) * (isSeptets ? 28 : 3) - sealOverheadBytes;

/**
 * The sizes of texts in bytes, up to {@link maxWireBytes}. A message that fits is sent as one text of `whole`. Otherwise the
 * first texts have `lead`, and the size doubles every {@link textsOfOneSize} up to `piece`. There are never more than
 * {@link maxChunks}.
 */
export interface Cut {
  readonly whole: number;
  readonly lead: number;
  readonly piece: number;
}

const wholeTexts: Cut = { whole: maxWireBytes, lead: maxWireBytes, piece: maxWireBytes };

const textsOfOneSize = 16;

const gzipLater = promisify(gzip);
const gunzipLater = promisify(gunzip);
const brotliLater = promisify(brotliCompress);
const unbrotliLater = promisify(brotliDecompress);

/**
 * Compresses, cuts and seals a message as the other end understands it. Returns its wire texts, each at most
 * {@link maxWireBytes} of ASCII. The same `cut` gives the same chunks of the same message. With `towardsClient`, `enc` and
 * the secret's id are in every text, since chunks arrive in any order. Rejects with LD_TOO_LARGE over {@link maxMessageBytes}.
 */
export async function encodeMessage<T extends MessageType>(
  message: Message<T>,
  channel: Channel,
  towardsClient: boolean,
  cut: Cut = wholeTexts,
): Promise<string[]> {
  const plain = joinHeadAndBody(message);
  if (plain.length > maxMessageBytes) {
    throw new LiveDebugError(
      'LD_TOO_LARGE',
      `the ${message.type} of invocation ${message.id} is ${plain.length} bytes, over the limit of ${maxMessageBytes}`,
    );
  }
  const useBrotli = channel.understands.includes('br');
  const isSeptets = channel.understands.includes('bits7');
  const isSmall = plain.length < (useBrotli ? brotliFromBytes : gzipFromBytes);
  const compressed = isSmall ? plain : await compress(plain, useBrotli);
  const isSmaller = compressed.length < plain.length;
  const bytes = isSmaller ? compressed : plain;
  const ends = endsOf(bytes.length, cut, isSeptets);
  const total = ends.length;
  const texts: string[] = [];
  for (let seq = 0; seq < total; seq += 1) {
    const header: MessageHeader = {
      v: protocolVersion,
      type: message.type,
      id: message.id,
      attempt: message.attempt,
      seq,
      total,
      ...(isSmaller ? { [useBrotli ? 'br' : 'gzip']: true } : {}),
      ...(isSeptets ? { bits: 7 } : {}),
      ...(towardsClient ? { enc: channel.enc } : {}),
      ...(towardsClient && channel.secretId !== undefined ? { psk: channel.secretId } : {}),
    };
    const headerText = JSON.stringify(header);
    const sealed = channel.seal(headerText, bytes.subarray(ends[seq - 1] ?? 0, ends[seq]));
    texts.push(`${headerText}\n${isSeptets ? toSeptets(sealed) : sealed.toString('base64')}`);
  }
  return texts;
}

/** Where each chunk ends. */
function endsOf(length: number, { lead, piece, whole }: Cut, isSeptets: boolean): number[] {
  if (length <= chunkBytesOf(whole, isSeptets)) return [length];
  const most = Math.max(chunkBytesOf(piece, isSeptets), Math.ceil(length / maxChunks));
  const least = lead === piece ? most : chunkBytesOf(lead, isSeptets);
  const full = chunkBytesOf(maxWireBytes, isSeptets);
  const ends: number[] = [];
  for (let end = 0; end < length; ) {
    const planned = Math.min(most, least * 2 ** Math.floor(ends.length / textsOfOneSize));
    // The rest must fit into the texts after this one.
    const needed = length - end - (maxChunks - ends.length - 1) * full;
    end = Math.min(length, end + Math.max(planned, needed));
    ends.push(end);
  }
  return ends;
}

/** A wire text taken apart but not yet opened: nothing in it is trusted. */
export interface SealedChunk {
  readonly header: MessageHeader;
  readonly headerText: string;
  readonly sealed: Buffer;
}

/** Parses a wire text; returns a string, a short reason, if it is not one of ours. */
export function parseWire(text: string): SealedChunk | string {
  if (text.length > maxWireBytes) return 'longer than any message of ours';
  const end = text.indexOf('\n');
  if (end < 0 || end > maxHeaderBytes) return 'no header line';
  const headerText = text.slice(0, end);
  const json = parseJson(headerText);
  if (json === undefined) return 'a header that is not JSON';
  const parsed = v.safeParse(headerSchema, json);
  if (!parsed.success) return describeHeaderMistake(json, v.flatten(parsed.issues).nested);
  if (parsed.output.seq >= parsed.output.total) return 'a chunk number past the total';
  const body = text.slice(end + 1);
  const sealed = parsed.output.bits ? fromSeptets(body) : fromBase64(body);
  if (sealed === undefined) return `a body that is not ${parsed.output.bits ? 'septets' : 'base64'}`;
  return { header: parsed.output, headerText, sealed };
}

function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  // Node's decoder skips characters outside base64; a changed text must not decode to the same bytes.
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** Decompresses and parses a reassembled message. Rejects with a short reason that never contains the payload. */
export async function decodeMessage(header: MessageHeader, bytes: Uint8Array): Promise<AnyMessage> {
  const plain = await decompress(header, bytes);
  const end = plain.subarray(0, maxHeadBytes + 1).indexOf(0x0a);
  if (end < 0) {
    throw new Error(`${header.type} with${plain.length > maxHeadBytes ? ' too large' : 'out'} a head`);
  }
  const json = parseJson(plain.subarray(0, end));
  if (json === undefined) throw new Error(`${header.type} with a head that is not JSON`);
  const parsed = v.safeParse(headSchemas[header.type], json);
  if (!parsed.success) {
    const fields = Object.keys(v.flatten(parsed.issues).nested ?? {}).join(', ');
    throw new Error(`${header.type} with invalid fields: ${fields || 'no object'}`);
  }
  const { type, id, attempt } = header;
  // The type selects the schema, which TypeScript cannot follow through the union.
  return {
    type,
    id,
    attempt,
    head: parsed.output,
    body: plain.subarray(end + 1),
    headBytes: end,
  } as AnyMessage;
}

function joinHeadAndBody(message: Message): Buffer {
  const head = Buffer.from(`${JSON.stringify(message.head)}\n`);
  return Buffer.concat([head, message.body]);
}

async function compress(plain: Buffer, useBrotli: boolean): Promise<Buffer> {
  if (!useBrotli) return gzipLater(plain, { level: 1 });
  return plain.length <= atOnceBytes
    ? brotliCompressSync(plain, brotliOptions)
    : brotliLater(plain, brotliOptions);
}

async function decompress(header: MessageHeader, bytes: Uint8Array): Promise<Uint8Array> {
  const options = { chunkSize: brotliOptions.chunkSize, maxOutputLength: maxMessageBytes };
  if (header.gzip) return gunzipLater(bytes, options);
  if (!header.br) return bytes;
  if (hasLargeWindow(bytes)) throw new Error(`${header.type} with a large window`);
  if (bytes.length > unpackAtOnceBytes) return unbrotliLater(bytes, options);
  try {
    return brotliDecompressSync(bytes, { ...options, maxOutputLength: atOnceBytes });
  } catch {
    // Mostly larger when unpacked. A corrupt one fails there as well.
    return unbrotliLater(bytes, options);
  }
}

/** RFC 7932, 9.1: the first bits give the window's size, and the reader must allocate that much. */
export function hasLargeWindow([first = 0]: Uint8Array): boolean {
  return (first & 1) === 1 && 17 + ((first >> 1) & 7) > maxWindowBits;
}

function describeHeaderMistake(json: unknown, nested: Record<string, unknown> | undefined): string {
  const version = (json as { v?: unknown } | null)?.v;
  if (typeof version === 'number' && version !== protocolVersion) {
    return `protocol version ${version} where this end speaks ${protocolVersion}; bring livectl and the module to one version`;
  }
  return `a header with invalid fields: ${Object.keys(nested ?? {}).join(', ') || messageOf(typeof json)}`;
}
