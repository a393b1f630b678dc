// What cli/test/handlers/streams-pipeline.mjs writes, made once more to be compared.
import { createHash } from 'node:crypto';

export function patternHash(megabytes: number): string {
  const hash = createHash('sha256');
  const bytes = Buffer.alloc(64 * 1024);
  let state = 1;
  for (let block = 0; block < megabytes * 16; block += 1) {
    for (let at = 0; at < bytes.length; at += 4) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      bytes.writeUInt32LE(state, at);
    }
    hash.update(bytes);
  }
  return hash.digest('hex');
}
