// The Lambda host's Invoke API: InvokeWithResponseStream, whose answer is an event stream that follows the function.
import type { ServerResponse } from 'node:http';
import type { Outcome, ResponseSink } from '../../worker/contract.ts';
import { PacedResponse } from '../aws-api/paced-response.ts';
import { eventStreamMessage } from './event-stream.ts';

/** Sends what the function writes while it writes, and then how it ended. */
export async function streamInvocation(
  response: ServerResponse,
  id: string,
  invoke: (responseSink: ResponseSink) => Promise<Outcome>,
): Promise<void> {
  response.writeHead(200, {
    'Content-Type': 'application/vnd.amazon.eventstream',
    'x-amzn-RequestId': id,
    'X-Amz-Executed-Version': '$LATEST',
  });
  response.flushHeaders();
  const paced = new PacedResponse(response);
  const chunk = (bytes: Uint8Array) =>
    paced.write(message('PayloadChunk', 'application/octet-stream', bytes));
  const outcome = await invoke(chunk);
  if (outcome.ok && outcome.body.length > 0) void chunk(outcome.body);
  const end = outcome.ok
    ? {}
    : { ErrorCode: outcome.error.errorType, ErrorDetails: Buffer.from(outcome.error.body).toString() };
  response.end(message('InvokeComplete', 'application/json', Buffer.from(JSON.stringify(end))));
}

function message(eventType: string, contentType: string, payload: Uint8Array): Buffer {
  const headers = { ':event-type': eventType, ':content-type': contentType, ':message-type': 'event' };
  return eventStreamMessage(headers, payload);
}
