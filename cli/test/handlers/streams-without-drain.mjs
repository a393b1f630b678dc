// Writes as long as the stream takes more, and tells how much that was as soon as it takes none.
export const handler = awslambda.streamifyResponse(async (event, stream) => {
  const { megabytes = 100 } = event.queryStringParameters ?? event;
  const block = Buffer.alloc(64 * 1024, 'x');
  for (let written = 0; written < megabytes * 16; written += 1) {
    if (stream.write(block)) continue;
    console.log(`full after ${written + 1} blocks`);
    await new Promise((resolve) => stream.once('drain', resolve));
  }
  stream.end();
});
