// [5] Parses a line printed by a worker into level and message, in Lambda's text format or its JSON format.
import * as v from 'valibot';
import type { LogLevel } from '../contract.ts';

interface ParsedLine {
  readonly level: LogLevel;
  readonly message: string;
}

/** `ISO-time<TAB>request id<TAB>LEVEL<TAB>message`, as Lambda's Node runtime prints it. */
const textLine =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\t[^\t]*\t(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\t(.*)$/s;

/** `[LEVEL]<TAB>ISO-time<TAB>request id<TAB>message`, as Lambda's Python runtime has `logging` print it. */
const pythonLine = /^\[([^\]\t]+)\]\t\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\t[^\t]*\t(.*)$/s;

const pythonLevels: Readonly<Record<string, LogLevel>> = { warning: 'warn', critical: 'fatal' };

const Level = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.transform((level) => pythonLevels[level] ?? level),
  v.picklist(['trace', 'debug', 'info', 'warn', 'error', 'fatal']),
);

/** What Lambda's own runtimes print; lines of a logger that adds fields are kept whole, so that the fields are seen. */
const LambdaJson = v.strictObject({
  timestamp: v.string(),
  level: Level,
  requestId: v.optional(v.string()),
  tenantId: v.optional(v.string()),
  message: v.unknown(),
  errorType: v.optional(v.string()),
  errorMessage: v.optional(v.string()),
  stackTrace: v.optional(v.array(v.string())),
  // Only Python's.
  logger: v.optional(v.string()),
  location: v.optional(v.string()),
});
const AnyJson = v.object({ level: Level });

/** A line in an unknown format has level `info`: output of `print`, `echo` and most loggers is not an error. */
export function parseLine(line: string): ParsedLine {
  const text = textLine.exec(line);
  if (text !== null) {
    const [, level = 'INFO', message = ''] = text;
    // Lambda's runtime prints line breaks within a message as carriage returns.
    return { level: level.toLowerCase() as LogLevel, message: message.replaceAll('\r', '\n') };
  }
  const python = pythonLine.exec(line);
  if (python !== null) {
    const [, name = '', message = ''] = python;
    const level = v.safeParse(Level, name);
    return {
      // A function may define its own levels.
      level: level.success ? level.output : 'info',
      message: message.replaceAll('\r', '\n'),
    };
  }
  return (line.startsWith('{') ? parseJsonLine(line) : undefined) ?? { level: 'info', message: line };
}

function parseJsonLine(line: string): ParsedLine | undefined {
  const json = v.safeParse(v.pipe(v.string(), v.parseJson()), line);
  const lambda = v.safeParse(LambdaJson, json.output);
  if (lambda.success) {
    const { level, logger, message, stackTrace } = lambda.output;
    const words = typeof message === 'string' ? message : JSON.stringify(message);
    const stack = logger === undefined ? appendedStack(words, stackTrace) : appendedTraceback(lambda.output);
    return { level, message: words + stack };
  }
  const any = v.safeParse(AnyJson, json.output);
  return any.success ? { level: any.output.level, message: line } : undefined;
}

/** Appends the stack, unless the formatted message already ends with it. */
function appendedStack(words: string, stackTrace: readonly string[] | undefined): string {
  const frames = stackTrace?.slice(1) ?? [];
  const [first] = frames;
  return first === undefined || words.includes(first.trim()) ? '' : `\n${frames.join('\n')}`;
}

/** Python's message never contains it: the frames come first, the error last, as Python itself prints them. */
function appendedTraceback(line: v.InferOutput<typeof LambdaJson>): string {
  const { errorMessage, errorType, stackTrace } = line;
  if (errorType === undefined) return '';
  const error = errorMessage ? `${errorType}: ${errorMessage}` : errorType;
  return `\nTraceback (most recent call last):\n${(stackTrace ?? []).join('')}${error}`;
}
