// [2] The relay's frame limit: reads frame headers from a WebSocket's bytes, since ws only reports whole messages.

/**
 * Watches the bytes that a client sends (RFC 6455, section 5.2) and calls `onTooLong` once, for the first data frame with a
 * payload over `limit` bytes: at its header, before the payload has arrived.
 */
export function frameLengthWatcher(limit: number, onTooLong: () => void): (chunk: Uint8Array) => void {
  /** The header being collected; a client's is 6 to 14 bytes, with its mask. */
  const header = Buffer.alloc(14);
  let have = 0;
  let payloadLeft = 0;
  let done = false;

  return (chunk) => {
    let at = 0;
    while (!done && at < chunk.length) {
      if (payloadLeft > 0) {
        const skipped = Math.min(payloadLeft, chunk.length - at);
        payloadLeft -= skipped;
        at += skipped;
        continue;
      }
      header[have++] = chunk[at++] ?? 0;
      const length = headerLength(header, have);
      if (have < length) continue;
      have = 0;
      payloadLeft = payloadLength(header);
      const isData = ((header[0] ?? 0) & 0x08) === 0;
      if (isData && payloadLeft > limit) {
        done = true;
        onTooLong();
      }
    }
  };
}

/** Length of the header, as far as its first `have` bytes show. */
function headerLength(header: Buffer, have: number): number {
  if (have < 2) return 2;
  const second = header[1] ?? 0;
  const masked = (second & 0x80) !== 0 ? 4 : 0;
  const short = second & 0x7f;
  if (short === 126) return 4 + masked;
  return short === 127 ? 10 + masked : 2 + masked;
}

function payloadLength(header: Buffer): number {
  const short = (header[1] ?? 0) & 0x7f;
  if (short === 126) return header.readUInt16BE(2);
  return short === 127 ? Number(header.readBigUInt64BE(2)) : short;
}
