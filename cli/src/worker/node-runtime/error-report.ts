// [5] Errors as Lambda's Node runtime words them: the body of a Runtime API error, and the runtime's own classes.
import { types } from 'node:util';

/** The body of an error post. */
export interface ErrorReport {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** An error of the runtime's own, e.g. `Runtime.HandlerNotFound`. */
export class RuntimeError extends Error {
  constructor(kind: string, message: string) {
    super(message);
    this.name = `Runtime.${kind}`;
    // The frames are those of this client, which nobody debugs.
    this.stack = `${this.name}: ${message}`;
  }
}

/** A {@link RuntimeError} with the words and the stack of the error that led to it. */
export function wrapError(kind: string, cause: Error): RuntimeError {
  const error = new RuntimeError(kind, String(cause));
  if (typeof cause.stack === 'string') error.stack = `${error.name}: ${cause.stack}`;
  return error;
}

/** Describes anything that was thrown; never throws, also where a getter of the thrown object does. */
export function reportError(thrown: unknown): ErrorReport {
  try {
    if (looksLikeError(thrown)) {
      const { name, message, stack } = thrown;
      return {
        errorType: String(name),
        errorMessage: String(message),
        trace: typeof stack === 'string' ? stack.split('\n') : [],
      };
    }
    return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  } catch {
    return {
      errorType: 'handled',
      errorMessage:
        'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
      trace: [],
    };
  }
}

/** Also errors of another realm (`node:vm`), and objects made to look like errors. */
function looksLikeError(thrown: unknown): thrown is Error {
  if (types.isNativeError(thrown) || thrown instanceof Error) return true;
  if (typeof thrown !== 'object' || thrown === null) return false;
  const { name, message, stack } = thrown as Partial<Error>;
  return [name, message, stack].every((part) => typeof part === 'string' && part !== '');
}
