// [1] An error from elsewhere, thrown again so that the runtime reports the same name, message and stack.
import * as v from 'valibot';
import { functionErrorSchema } from '../../protocol/message.ts';

/** Makes an `Error` of the Runtime API's error JSON: `errorType` as its name, `trace` as its stack. */
export function remoteError(body: Uint8Array): Error {
  const { errorType, errorMessage, trace, stackTrace } = parse(body);
  const error = new Error(errorMessage);
  error.name = errorType;
  // Node's `trace` begins with the name and message; Python's `stackTrace` has frames only.
  const lines = trace ?? [`${errorType}: ${errorMessage}`, ...(stackTrace ?? []).map(String)];
  error.stack = lines.length > 0 ? lines.join('\n') : `${errorType}: ${errorMessage}`;
  return error;
}

function parse(body: Uint8Array): v.InferOutput<typeof functionErrorSchema> {
  try {
    return v.parse(functionErrorSchema, JSON.parse(Buffer.from(body).toString('utf8')));
  } catch {
    return {
      errorType: 'Runtime.Unknown',
      errorMessage: 'the function failed with an error that is not JSON',
    };
  }
}
