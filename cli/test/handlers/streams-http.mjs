export const handler = awslambda.streamifyResponse(async (event, responseStream, context) => {
  const stream = awslambda.HttpResponseStream.from(responseStream, {
    statusCode: 418,
    headers: { 'Content-Type': 'text/plain', 'X-Request': context.awsRequestId },
    cookies: ['a=1', 'b=2; Secure'],
  });
  stream.write(event.rawPath ?? 'body');
  stream.end();
});
