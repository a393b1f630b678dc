// Writes the chunks of its event one by one, as text or, from base64, as bytes.
export const handler = awslambda.streamifyResponse(async ({ chunks = ['streamed'], type, bytes }, stream) => {
  if (type !== undefined) stream.setContentType(type);
  for (const chunk of chunks) stream.write(bytes ? Buffer.from(chunk, 'base64') : chunk);
  stream.end();
});
