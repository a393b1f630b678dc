// [1] What Lambda's Node runtime calls: a handler that returns an answer, or one that writes it to a stream.
import type { LambdaStream } from './incoming-parts.ts';
import type { LambdaContext, Stub } from './stub.ts';

type StreamHandler = (event: unknown, stream: LambdaStream, context: LambdaContext) => Promise<void>;

/** Lambda's Node runtime provides it. */
declare const awslambda: { streamifyResponse(handler: StreamHandler): StreamHandler };

/** Relays invocations to the client that serves this function. */
export function handlerOf(stub: Stub) {
  return stub.streams
    ? awslambda.streamifyResponse((event, stream, context) => stub.stream(event, stream, context))
    : (event: unknown, context: LambdaContext) => stub.handle(event, context);
}
