// [5] The console as on Lambda: one line per call on stdout, with time, request id and level, as text or JSON.
import { format } from 'node:util';
import type { HandlerModel } from './handler-model.ts';

const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;
type Level = (typeof levels)[number];

const methods = {
  trace: 'TRACE',
  debug: 'DEBUG',
  log: 'INFO',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
  fatal: 'FATAL',
} as const satisfies Record<string, Level>;

let model: HandlerModel = 'callbacks';
let requestId: string | undefined;
let tenantId: string | undefined;

/** Sets the invocation that subsequent lines belong to. */
export function setInvocation(id: string, tenant: string | undefined): void {
  requestId = id;
  tenantId = tenant;
  // AWS's client stores it there, and loggers read it.
  Object.assign(globalThis, { [Symbol.for('aws.lambda.runtime.requestId')]: id });
}

/**
 * Replaces the console's methods. `AWS_LAMBDA_LOG_FORMAT=JSON` selects JSON, `AWS_LAMBDA_LOG_LEVEL` the lowest level that is
 * printed, in both formats.
 */
export function patchConsole(env: NodeJS.ProcessEnv, handlerModel: HandlerModel): void {
  makeBlocking(process.stdout);
  makeBlocking(process.stderr);
  model = handlerModel;
  // There is no request id yet in the init phase; this is printed instead.
  requestId = model === 'promises-only' ? '-' : undefined;
  const toLine = env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON' ? jsonLine : textLine;
  const lowest = levels.indexOf((env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase() ?? 'TRACE') as Level);
  for (const [method, level] of Object.entries(methods)) {
    const printed = levels.indexOf(level) >= lowest;
    const print = (message?: unknown, ...rest: unknown[]) => {
      process.stdout.write(`${toLine(level, message, rest).replaceAll('\n', '\r')}\n`);
    };
    Object.assign(console, { [method]: printed ? print : () => {} });
  }
}

/**
 * Node writes to a pipe in the background and drops the rest on exit: a handler that prints and then crashes would lose its
 * last lines, and one that floods would grow without bound. A blocking pipe avoids both.
 */
function makeBlocking(stream: NodeJS.WriteStream): void {
  const { _handle } = stream as { _handle?: { setBlocking?: (blocking: boolean) => void } };
  _handle?.setBlocking?.(true);
}

function textLine(level: Level, message: unknown, rest: readonly unknown[]): string {
  return `${new Date().toISOString()}\t${requestId}\t${level}\t${format(message, ...rest)}`;
}

function jsonLine(level: Level, message: unknown, rest: readonly unknown[]): string {
  const line: Record<string, unknown> = { timestamp: new Date().toISOString(), level, requestId };
  if (tenantId) line.tenantId = tenantId;
  if (rest.length === 0) {
    line.message = message;
    try {
      return JSON.stringify(line, replaceErrors);
    } catch {
      return JSON.stringify({ ...line, message: format(message) });
    }
  }
  line.message = format(message, ...rest);
  // From nodejs24 on the first argument is ignored.
  const parts = model === 'promises-only' ? rest : [message, ...rest];
  const error = parts.find((part) => part instanceof Error);
  if (error !== undefined) {
    const { errorType, errorMessage, stackTrace } = describeError(error);
    Object.assign(line, { errorType, errorMessage, stackTrace: Array.isArray(stackTrace) ? stackTrace : [] });
  }
  return JSON.stringify(line);
}

function replaceErrors(_key: string, value: unknown): unknown {
  return value instanceof Error ? { ...describeError(value), ...value } : value;
}

function describeError(error: Error): Record<string, unknown> {
  return {
    errorType: error.constructor?.name ?? 'UnknownError',
    errorMessage: error.message,
    stackTrace: typeof error.stack === 'string' ? error.stack.split('\n') : error.stack,
  };
}
