// [1] An error that was thrown elsewhere, passed to the runtime so that it reports the same name, message and stack.
import type * as v from 'valibot';
import { parseJsonAs } from '../../protocol/json.ts';
import { functionErrorSchema } from '../../protocol/message.ts';

/** Creates an `Error` from the Runtime API's error JSON, with `errorType` as its name and `trace` as its stack. */
export function remoteError(body: Uint8Array): Error {
  const { errorType, errorMessage, trace, stackTrace } = parseJsonAs(functionErrorSchema, body) ?? unreadable;
  const error = new Error(errorMessage);
  error.name = errorType;
  // Node's `trace` begins with the name and message; Python's `stackTrace` has only frames, Go's has objects.
  const lines = trace ?? [`${errorType}: ${errorMessage}`, ...(stackTrace ?? []).map(frameText)];
  error.stack = lines.length > 0 ? lines.join('\n') : `${errorType}: ${errorMessage}`;
  return error;
}

const unreadable: v.InferOutput<typeof functionErrorSchema> = {
  errorType: 'Runtime.Unknown',
  errorMessage: 'the function failed with an error that is not the JSON of the Runtime API',
};

function frameText(frame: unknown): string {
  return typeof frame === 'string' ? frame : JSON.stringify(frame);
}
