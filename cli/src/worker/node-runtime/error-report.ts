// [5] Errors as reported by Lambda's Node runtime: the body of a Runtime API error, and the runtime's own error classes.
import { types } from 'node:util';
import type { HandlerModel } from './handler-model.ts';

/** The body of an error post; parts that the thrown object does not have are omitted from the JSON. */
interface ErrorReport {
  readonly errorType: string | undefined;
  readonly errorMessage: string | undefined;
  readonly trace?: readonly string[];
}

/** An error of the runtime itself, e.g. `Runtime.HandlerNotFound`. */
export class RuntimeError extends Error {
  constructor(kind: string, message: string) {
    super(message);
    this.name = `Runtime.${kind}`;
    // The frames would be those of this client, which nobody debugs.
    this.stack = `${this.name}: ${message}`;
  }
}

/** A {@link RuntimeError} with message and stack of the error that caused it. */
export function wrapError(kind: string, cause: Error): RuntimeError {
  const error = new RuntimeError(kind, String(cause));
  if (typeof cause.stack === 'string') error.stack = `${error.name}: ${cause.stack}`;
  return error;
}

/** Describes anything that was thrown; never throws, even if a getter of the thrown object does. */
export function reportError(thrown: unknown, model: HandlerModel): ErrorReport {
  try {
    return model === 'promises-only' ? describe(thrown) : describeUpToNode22(thrown);
  } catch {
    const report = {
      errorType: 'handled',
      errorMessage:
        'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
    };
    return model === 'promises-only' ? { ...report, trace: [] } : report;
  }
}

/**
 * @throws as AWS's client does when it logs a thrown value, which it turns into an `Error`: a symbol, or, up to nodejs22, an
 * object without a prototype and others cannot be converted to text.
 */
export function assertLoggable(thrown: unknown, model: HandlerModel): void {
  if (thrown instanceof Error) return;
  if (model === 'promises-only') void String(thrown);
  // Like AWS's client, converts to a string, for which a symbol throws.
  else void new Error(thrown as string);
}

/** What is reported for it, and whether AWS's client exits instead: that of nodejs24 catches nothing there. */
export function loggable(
  thrown: unknown,
  model: HandlerModel,
): { readonly error: unknown; readonly endsProcess: boolean } {
  try {
    assertLoggable(thrown, model);
    return { error: thrown, endsProcess: false };
  } catch (error) {
    return { error, endsProcess: model === 'promises-only' };
  }
}

/** An `Error` of this realm, with or without a stack; anything else by its type and as a string. */
function describe(thrown: unknown): ErrorReport {
  if (!(thrown instanceof Error))
    return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  const { name, message, stack } = thrown as Partial<Error>;
  return {
    errorType: name && withoutDelete(name),
    errorMessage: message && withoutDelete(message),
    trace: stack ? withoutDelete(stack).split('\n') : [],
  };
}

/** Includes errors of another realm (`node:vm`) and objects made to look like errors; a native error needs its stack. */
function describeUpToNode22(thrown: unknown): ErrorReport {
  if (!types.isNativeError(thrown) && !looksLikeError(thrown)) {
    // Null and objects without a prototype have no such method; they are reported as `handled`.
    return { errorType: typeof thrown, errorMessage: (thrown as object).toString(), trace: [] };
  }
  const { name, message, stack } = thrown as Partial<Error> & { stack: string };
  return {
    errorType: name && withoutDelete(name),
    errorMessage: message && withoutDelete(message),
    trace: withoutDelete(stack).split('\n'),
  };
}

function looksLikeError(thrown: unknown): boolean {
  if (typeof thrown !== 'object' || thrown === null) return false;
  const { name, message, stack } = thrown as Partial<Error>;
  return [name, message, stack].every((part) => typeof part === 'string' && part !== '');
}

/** Removes DEL, as AWS's clients do, since it is invalid in a header. @throws for anything but a string */
function withoutDelete(text: string): string {
  return text.replaceAll('\u007f', '%7F');
}
