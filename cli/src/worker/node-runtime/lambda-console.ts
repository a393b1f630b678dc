// [5] The console as on Lambda: one line per call on stdout, with time, request id and level, as text or JSON.
import { format } from 'node:util';

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

let requestId: string | undefined;

/** The invocation that lines printed from now on belong to. */
export function setRequestId(id: string): void {
  requestId = id;
}

/**
 * Replaces the console's methods. `AWS_LAMBDA_LOG_FORMAT=JSON` chooses JSON, `AWS_LAMBDA_LOG_LEVEL` the lowest level
 * that is printed.
 */
export function patchConsole(env: NodeJS.ProcessEnv): void {
  makeBlocking(process.stdout);
  makeBlocking(process.stderr);
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
 * Node writes to a pipe in the background and drops the rest on exit: a handler that prints and then crashes would
 * lose its last lines, one that floods would grow without bound. A blocking pipe does neither.
 */
function makeBlocking(stream: NodeJS.WriteStream): void {
  const { _handle } = stream as { _handle?: { setBlocking?: (blocking: boolean) => void } };
  _handle?.setBlocking?.(true);
}

function textLine(level: Level, message: unknown, rest: readonly unknown[]): string {
  return `${new Date().toISOString()}\t${requestId}\t${level}\t${format(message, ...rest)}`;
}

function jsonLine(level: Level, message: unknown, rest: readonly unknown[]): string {
  const line: Record<string, unknown> = { timestamp: new Date().toISOString(), level, requestId, message };
  if (rest.length === 0) {
    try {
      return JSON.stringify(line, replaceErrors);
    } catch {
      return JSON.stringify({ ...line, message: format(message) });
    }
  }
  line.message = format(message, ...rest);
  const error = [message, ...rest].find((part) => part instanceof Error);
  return JSON.stringify(error === undefined ? line : { ...line, ...describeError(error) });
}

function replaceErrors(_key: string, value: unknown): unknown {
  return value instanceof Error ? { ...describeError(value), ...value } : value;
}

function describeError(error: Error): Record<string, unknown> {
  return {
    errorType: error.constructor?.name ?? 'UnknownError',
    errorMessage: error.message,
    stackTrace: typeof error.stack === 'string' ? error.stack.split('\n') : [],
  };
}
