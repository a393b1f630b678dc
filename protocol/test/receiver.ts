// The receiving end as both rooms build it from the protocol's parts: wire texts in, whole messages out.
import type { AnyMessage } from '../message.ts';
import type { Reassembler } from '../reassembly.ts';
import type { Channel } from '../sealing.ts';
import { decodeMessage, parseWire } from '../wire.ts';

/** The message that `text` completes, undefined while chunks are missing, or a short reason for a refusal. */
export async function receive(
  text: string,
  channel: Channel,
  reassembler: Reassembler,
): Promise<AnyMessage | string | undefined> {
  const chunk = parseWire(text);
  if (typeof chunk === 'string') return chunk;
  const opened = channel.open(chunk.headerText, chunk.sealed);
  if (opened === undefined) return 'does not open';
  const bytes = reassembler.accept(channel.enc, chunk.header, opened);
  return bytes && decodeMessage(chunk.header, bytes);
}
