// All of stdin, for flags that say `-`.
import { LiveDebugError } from '../../protocol/live-debug-error.ts';

/** Reads to the end. Rejects with LD_CONFIG above `maxBytes`. */
export async function readStdin(maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBytes) throw new LiveDebugError('LD_CONFIG', `stdin has more than ${maxBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
