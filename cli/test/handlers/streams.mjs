export const handler = awslambda.streamifyResponse(async (_event, stream) => stream.end('streamed'));
