// The inspector's server: the body of a request, bounded in size and time.
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../../protocol/clock.ts';
import { within } from '../../../protocol/within.ts';

/** Lambda's events are up to 6 MB; as a JSON text in a JSON text they may be twice as long. */
export const mostBodyBytes = 16 * 1024 * 1024;

/** How long a request's body may take, in milliseconds. */
export const bodyMs = 20_000;

/** Never rejects. If it is not the whole body, the connection should end with the answer. */
export async function readBody(
  request: IncomingMessage,
  clock: Clock,
): Promise<Buffer | 'too_large' | 'timeout'> {
  if (Number(request.headers['content-length'] ?? 0) > mostBodyBytes) return 'too_large';
  const body = new Promise<Buffer | 'too_large' | 'timeout'>((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= mostBodyBytes) return void chunks.push(chunk);
      chunks.length = 0;
      resolve('too_large');
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    // Hung up: nobody reads the answer.
    request.on('close', () => resolve('timeout'));
    request.on('error', () => resolve('timeout'));
  });
  return (await within(clock, bodyMs, body, { background: true })) ?? 'timeout';
}
