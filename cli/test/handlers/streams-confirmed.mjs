// Writes chunk n + 1 only after the caller has said at `confirm` that chunk n is there.
export const handler = awslambda.streamifyResponse(async (event, responseStream) => {
  const { confirm, count = 3 } = event.queryStringParameters ?? event;
  responseStream.setContentType('text/event-stream');
  for (let n = 1; n <= count; n += 1) {
    responseStream.write(`chunk ${n}\n`);
    const response = await fetch(`${confirm}/${n}`);
    if (!response.ok) throw new Error(`chunk ${n} was not confirmed`);
  }
  responseStream.end();
});
