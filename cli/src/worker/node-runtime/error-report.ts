// [5] Errors as Lambda's Node runtime words them: the body of a Runtime API error, and the runtime's own classes.
import { types } from 'node:util';
import type { HandlerModel } from './handler-model.ts';

/** The body of an error post; a part that the thrown object doesn't have is left out of the JSON. */
interface ErrorReport {
  readonly errorType: string | undefined;
  readonly errorMessage: string | undefined;
  readonly trace?: readonly string[];
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
 * @throws what AWS's client meets when it logs a thrown value, for which it makes an `Error` of it: a symbol, up to
 * nodejs22, an object without a prototype, and others can't be made text.
 */
export function assertLoggable(thrown: unknown, model: HandlerModel): void {
  if (thrown instanceof Error) return;
  if (model === 'promises-only') void String(thrown);
  // A string is what it makes of it: a symbol throws here.
  else void new Error(thrown as string);
}

/** What is reported for it, and whether AWS's client ends instead: that of nodejs24 catches nothing there. */
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

/** An `Error` of this realm, with or without a stack; all else by its type and as a string. */
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

/** Also errors of another realm (`node:vm`) and objects made to look like errors; a native error needs its stack. */
function describeUpToNode22(thrown: unknown): ErrorReport {
  if (!types.isNativeError(thrown) && !looksLikeError(thrown)) {
    // Null and objects without a prototype have no such method: these are reported as `handled`.
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

/** AWS's clients take this one character out, since it may not be in a header. @throws for what is no string */
function withoutDelete(text: string): string {
  return text.replaceAll('\u007f', '%7F');
}
