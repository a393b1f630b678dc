// From a batch of frames to the text that passes through the relay, and back: the header of the tunnel's own channel.
import * as v from 'valibot';
import { parseJson } from '../json.ts';
import { maxWireBytes, protocolVersion } from '../message.ts';
import { type Channel, type ClientKeys, channelFromSender, sealOverheadBytes } from '../sealing.ts';
import { fromSeptets, septetBytes } from '../septets.ts';
import { type StageSecret, secretIdPattern } from '../stage-secret.ts';
import { maxSeenRanges } from './limits.ts';
import { Seen } from './ranges.ts';

/** The form of a tunnel instance's id: 16 random bytes in base64url. */
export const instanceIdPattern = /^[A-Za-z0-9_-]{22}$/;

/** More than the largest header: names and braces, an id, an encapsulated key of 88 characters, a secret's id, a number. */
const maxHeaderBytes = 256;

/** In clear before each sealed batch, and authenticated with it. */
const headerSchema = v.strictObject({
  v: v.literal(protocolVersion),
  type: v.literal('tunnel'),
  /** The tunnel instance. */
  id: v.pipe(v.string(), v.regex(instanceIdPattern)),
  /** Counts the texts of one direction, from 1: a text is accepted once. */
  seq: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 48)),
  /** Seven bits to a character; otherwise base64. */
  bits: v.optional(v.literal(7)),
  /** Towards livectl: the function's encapsulated key, and the id of the stage's secret that it has. */
  enc: v.optional(v.pipe(v.string(), v.minLength(8), v.maxLength(128))),
  psk: v.optional(v.pipe(v.string(), v.regex(secretIdPattern))),
});

interface SealedText {
  readonly header: v.InferOutput<typeof headerSchema>;
  readonly headerText: string;
  readonly body: string;
}

export interface EnvelopeOptions {
  /** The tunnel instance. */
  readonly id: string;
  readonly channel: Channel;
  /** Of the function's end: its texts say which key opens them. */
  readonly towardsClient: boolean;
  /** Whether the other end and the relay accept seven bits to a character (`bits7`). */
  readonly isSeptets: boolean;
}

/** Seals and opens the texts of one tunnel instance, at one end. Use one for each key agreement. */
export class TunnelEnvelope {
  /** The largest batch that fits into one text, in bytes. */
  readonly maxBatchBytes: number;
  readonly #options: EnvelopeOptions;
  readonly #seen = new Seen(maxSeenRanges);
  #seq = 0;
  #dropped = 0;

  constructor(options: EnvelopeOptions) {
    this.#options = options;
    const room = maxWireBytes - maxHeaderBytes - 1;
    const sealed = options.isSeptets ? Math.floor(room / 32) * 28 : Math.floor(room / 4) * 3;
    this.maxBatchBytes = sealed - sealOverheadBytes;
  }

  /** Texts that did not open, had come before, or were of another instance. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * The text of a batch of at most {@link maxBatchBytes}, as the bytes that are posted. Batches are not compressed: databases'
   * streams mostly are TLS.
   */
  seal(batch: Uint8Array): Buffer {
    const { channel, id, isSeptets, towardsClient } = this.#options;
    this.#seq += 1;
    const header = JSON.stringify({
      v: protocolVersion,
      type: 'tunnel',
      id,
      seq: this.#seq,
      ...(isSeptets ? { bits: 7 } : {}),
      ...(towardsClient ? { enc: channel.enc } : {}),
      ...(towardsClient && channel.secretId !== undefined ? { psk: channel.secretId } : {}),
    });
    const sealed = channel.seal(header, batch);
    if (isSeptets) return septetBytes(`${header}\n`, sealed);
    return Buffer.from(`${header}\n${sealed.toString('base64')}`, 'latin1');
  }

  /** The batch of a text that the other end has sealed; undefined, and counted, for any other, and for one that came before. */
  open(text: string): Buffer | undefined {
    const parsed = parseText(text);
    const batch = parsed && parsed.header.id === this.#options.id ? this.#open(parsed) : undefined;
    if (batch === undefined) this.#dropped += 1;
    return batch;
  }

  #open({ body, header, headerText }: SealedText): Buffer | undefined {
    if (this.#seen.has(header.seq)) return undefined;
    const sealed = header.bits ? fromSeptets(body) : Buffer.from(body, 'base64');
    const batch = sealed && this.#options.channel.open(headerText, sealed);
    if (batch) this.#seen.add(header.seq);
    return batch;
  }
}

export interface FirstTextOptions {
  /** The tunnel instance that livectl has started. */
  readonly id: string;
  readonly stage: string;
  readonly keys: ClientKeys;
  /** The stage's secret. */
  readonly secret: StageSecret;
  /** Whether this end sends seven bits to a character: the relay was found to pass them. */
  readonly isSeptets: boolean;
}

/**
 * livectl's end, from the first text of the function: the one that opens with the stage's secret for this instance. Undefined
 * for any other text, which must change nothing. Give the text to `open` of the envelope afterwards, like every later one.
 */
export async function envelopeOfFirstText(
  text: string,
  { id, isSeptets, keys, secret, stage }: FirstTextOptions,
): Promise<TunnelEnvelope | undefined> {
  const parsed = parseText(text);
  const { enc, id: textId, psk } = parsed?.header ?? {};
  if (enc === undefined || textId !== id || psk !== secret.id) return undefined;
  let channel: Channel;
  try {
    channel = await channelFromSender(keys, enc, stage, secret);
  } catch {
    return undefined;
  }
  const envelope = () => new TunnelEnvelope({ id, channel, towardsClient: false, isSeptets });
  return envelope().open(text) ? envelope() : undefined;
}

function parseText(text: string): SealedText | undefined {
  if (text.length > maxWireBytes) return undefined;
  const end = text.indexOf('\n');
  if (end < 0 || end > maxHeaderBytes) return undefined;
  const headerText = text.slice(0, end);
  const parsed = v.safeParse(headerSchema, parseJson(headerText));
  return parsed.success ? { header: parsed.output, headerText, body: text.slice(end + 1) } : undefined;
}
