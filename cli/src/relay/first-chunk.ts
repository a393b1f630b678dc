// [3] Reads the head of an invocation from its first chunk: enough to answer an outdated stub, whatever the event's size.
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import * as v from 'valibot';
import {
  headSchemas,
  type MessageHead,
  type MessageHeader,
  maxHeadBytes,
} from '../../../protocol/message.ts';
import { hasLargeWindow } from '../../../protocol/wire.ts';

/**
 * The head of the `invoke` that a first chunk begins; undefined if it is not such a chunk or has no such head. Never rejects,
 * and unpacks no more than a head's size.
 */
export async function invokeHeadOf(
  header: MessageHeader,
  chunk: Buffer,
): Promise<MessageHead<'invoke'> | undefined> {
  if (header.type !== 'invoke' || header.seq !== 0) return undefined;
  if (header.br && hasLargeWindow(chunk)) return undefined;
  const line = firstLineOf(
    header.gzip || header.br
      ? await beginningOf(chunk, header.gzip ? createGunzip() : createBrotliDecompress())
      : chunk.subarray(0, maxHeadBytes),
  );
  if (line === undefined) return undefined;
  const head = v.safeParse(v.pipe(v.string(), v.parseJson(), headSchemas.invoke), line);
  return head.success ? head.output : undefined;
}

function firstLineOf(bytes: Buffer): string | undefined {
  const end = bytes.indexOf(0x0a);
  return end < 0 ? undefined : bytes.toString('utf8', 0, end);
}

/** The first bytes of compressed data, which may be incomplete. */
function beginningOf(compressed: Buffer, unzip: Transform): Promise<Buffer> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let size = 0;
    const done = () => {
      unzip.destroy();
      resolve(Buffer.concat(parts).subarray(0, maxHeadBytes));
    };
    unzip.on('data', (part: Buffer) => {
      parts.push(part);
      size += part.length;
      if (size >= maxHeadBytes) done();
    });
    // Truncated, or not compressed at all: what was unpacked so far counts.
    unzip.on('error', done);
    unzip.on('end', done);
    unzip.end(compressed);
  });
}
