import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** `megabytes` of a pattern that no compression and no reordering leaves unnoticed. */
export const handler = awslambda.streamifyResponse(async (event, responseStream) => {
  const { megabytes = 1 } = event.queryStringParameters ?? event;
  function* blocks() {
    let state = 1;
    for (let block = 0; block < megabytes * 16; block += 1) {
      const bytes = Buffer.alloc(64 * 1024);
      for (let at = 0; at < bytes.length; at += 4) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        bytes.writeUInt32LE(state, at);
      }
      yield bytes;
    }
  }
  await pipeline(Readable.from(blocks()), responseStream);
});
