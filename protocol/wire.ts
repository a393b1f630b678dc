// From a message to the texts that go through the relay, and from such a text back to one opened chunk.
//
// A wire text is `<header JSON>\n<base64 of the sealed chunk>`: the header is authenticated as it stands, byte
// for byte, so nothing has to be written again in a canonical form. docs/protocol.md has the layout.
import { promisify } from 'node:util';
import { constants, gunzip, gzip, gzipSync } from 'node:zlib';
import * as v from 'valibot';
import { LiveDebugError, messageOf } from './live-debug-error.ts';
import {
  type AnyMessage,
  headerSchema,
  headSchemas,
  type Message,
  type MessageHeader,
  type MessageType,
  maxHeadBytes,
  maxMessageBytes,
  maxWireBytes,
  protocolVersion,
} from './message.ts';
import { type Channel, sealOverheadBytes } from './sealing.ts';

/**
 * Below this, compressing and decompressing cost more (0.3 ms) than the bytes they save: 4 KB pass in 3 ms at
 * 10 Mbit/s, and most invocations with their environment are smaller.
 */
const gzipFromBytes = 4096;

/** Up to this size compressing at once is quicker than a trip to the thread pool (0.4 ms at 64 KB). */
const gzipAtOnceBytes = 64 * 1024;

/** Enough of a large message to tell whether it repeats itself. */
const gzipSampleBytes = 32 * 1024;

/** More than any header takes: two identifiers of 128 characters, an encapsulated key, numbers and names. */
const maxHeaderBytes = 1024;

/** How much of a message fits in one chunk: measured back from the encoded bytes on the wire. */
const chunkBytes = Math.floor((maxWireBytes - maxHeaderBytes) / 4) * 3 - sealOverheadBytes;

const gzipLater = promisify(gzip);
const gunzipLater = promisify(gunzip);

/**
 * Compresses, cuts and seals a message; returns its wire texts, each at most {@link maxWireBytes} of ASCII.
 * `enc` and the secret's id are announced in every text when `towardsClient`, since chunks arrive in any order.
 * Rejects with LD_TOO_LARGE over {@link maxMessageBytes}.
 */
export async function encodeMessage<T extends MessageType>(
  message: Message<T>,
  channel: Channel,
  towardsClient: boolean,
): Promise<string[]> {
  const plain = joinHeadAndBody(message);
  if (plain.length > maxMessageBytes) {
    throw new LiveDebugError(
      'LD_TOO_LARGE',
      `the ${message.type} of invocation ${message.id} is ${plain.length} bytes, over the limit of ${maxMessageBytes}`,
    );
  }
  const compressed = plain.length < gzipFromBytes ? undefined : await compress(plain);
  const useGzip = compressed !== undefined && compressed.length < plain.length;
  const bytes = useGzip ? compressed : plain;
  const total = Math.max(1, Math.ceil(bytes.length / chunkBytes));
  const texts: string[] = [];
  for (let seq = 0; seq < total; seq += 1) {
    const header: MessageHeader = {
      v: protocolVersion,
      type: message.type,
      id: message.id,
      attempt: message.attempt,
      seq,
      total,
      ...(useGzip ? { gzip: true } : {}),
      ...(towardsClient ? { enc: channel.enc } : {}),
      ...(towardsClient && channel.secretId !== undefined ? { psk: channel.secretId } : {}),
    };
    const headerText = JSON.stringify(header);
    const sealed = channel.seal(headerText, bytes.subarray(seq * chunkBytes, (seq + 1) * chunkBytes));
    texts.push(`${headerText}\n${sealed.toString('base64')}`);
  }
  return texts;
}

/** A wire text taken apart but not yet opened: nothing in it is to be trusted. */
export interface SealedChunk {
  readonly header: MessageHeader;
  readonly headerText: string;
  readonly sealed: Buffer;
}

/** Parses a wire text; a string instead says in a few words why it is none of ours. */
export function parseWire(text: string): SealedChunk | string {
  if (text.length > maxWireBytes) return 'longer than any message of ours';
  const end = text.indexOf('\n');
  if (end < 0 || end > maxHeaderBytes) return 'no header line';
  const headerText = text.slice(0, end);
  let json: unknown;
  try {
    json = JSON.parse(headerText);
  } catch {
    return 'a header that is not JSON';
  }
  const parsed = v.safeParse(headerSchema, json);
  if (!parsed.success) return describeHeaderMistake(json, v.flatten(parsed.issues).nested);
  if (parsed.output.seq >= parsed.output.total) return 'a chunk number past the total';
  const base64 = text.slice(end + 1);
  const sealed = Buffer.from(base64, 'base64');
  // Node's decoder skips what is not base64; a text that was changed must not decode to the same bytes.
  if (sealed.toString('base64') !== base64) return 'a body that is not base64';
  return { header: parsed.output, headerText, sealed };
}

/** Decompresses and parses a reassembled message. Rejects with a message of few words; payloads never show in it. */
export async function decodeMessage(header: MessageHeader, bytes: Uint8Array): Promise<AnyMessage> {
  const plain = header.gzip ? await gunzipLater(bytes, { maxOutputLength: maxMessageBytes }) : bytes;
  const end = plain.subarray(0, maxHeadBytes + 1).indexOf(0x0a);
  if (end < 0) {
    throw new Error(`${header.type} with${plain.length > maxHeadBytes ? ' too large' : 'out'} a head`);
  }
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(plain.buffer, plain.byteOffset, end).toString('utf8'));
  } catch {
    throw new Error(`${header.type} with a head that is not JSON`);
  }
  const parsed = v.safeParse(headSchemas[header.type], json);
  if (!parsed.success) {
    const fields = Object.keys(v.flatten(parsed.issues).nested ?? {}).join(', ');
    throw new Error(`${header.type} with unfit fields: ${fields || 'no object'}`);
  }
  const { type, id, attempt } = header;
  // The schema was chosen by the type, which TypeScript cannot follow through the union.
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

async function compress(plain: Buffer): Promise<Buffer> {
  // Level 1: on JSON within a few percent of the default's size at a third of its time.
  if (plain.length <= gzipAtOnceBytes) return gzipSync(plain, { level: 1 });
  const sample = plain.subarray(0, gzipSampleBytes);
  const repeatsLittle = gzipSync(sample, { level: 1 }).length > sample.length * 0.7;
  // Binary data in base64 has no repeats to look for, only letters to shorten: the same size in a quarter of the time.
  return gzipLater(plain, repeatsLittle ? { strategy: constants.Z_HUFFMAN_ONLY } : { level: 1 });
}

function describeHeaderMistake(json: unknown, nested: Record<string, unknown> | undefined): string {
  const version = (json as { v?: unknown } | null)?.v;
  if (typeof version === 'number' && version !== protocolVersion) {
    return `protocol version ${version} where this end speaks ${protocolVersion}; bring livectl and the module to one version`;
  }
  return `a header with unfit fields: ${Object.keys(nested ?? {}).join(', ') || messageOf(typeof json)}`;
}
