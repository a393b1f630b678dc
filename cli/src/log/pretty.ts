// The terminal view: calm, one line in and one line out per invocation, its log lines between, every line with its tag.
import type { BuildMessage } from '../build/build-event.ts';
import type { SessionEvent } from '../session/session-event.ts';
import type { Output } from './output.ts';
import { type Style, style } from './style.ts';

/** Enough of a request id to tell invocations apart on one screen. */
const tagLength = 6;

/** A stack is shown to this many lines; the whole of it is in `--format json` and goes back through AWS. */
const shownStackLines = 12;

/** Returns a listener that writes each event for a person to read. */
export function pretty(output: Output): (event: SessionEvent) => void {
  const paint = style(output.colour);
  return (event) => {
    const text = describe(event, paint);
    if (text !== undefined) output.line(text);
  };
}

function describe(event: SessionEvent, paint: Style): string | undefined {
  switch (event.event) {
    case 'ready':
      return ready(event, paint);
    case 'invoke':
      return `${paint.dim(tag(event.id))} ${paint.dim('→')} ${paint.name(event.function)} ${event.trigger}`;
    case 'log':
      return log(event, paint);
    case 'result':
      return result(event, paint);
    case 'reload':
      return `${paint.ok('↻')} ${paint.name(event.function)} reloaded in ${ms(event.ms)}${event.changed.length > 0 ? paint.dim(` (${event.changed.join(', ')})`) : ''}`;
    case 'build_error': {
      const after = event.last_good ? 'the last good build keeps answering' : 'it fails until this is mended';
      const errors = event.errors.map((error) => indent(buildMessage(error)));
      return [`${paint.bad('✗')} ${paint.name(event.function)} does not build; ${after}`, ...errors].join(
        '\n',
      );
    }
    case 'error':
      return `${paint.bad('!')} ${event.message} ${paint.dim(event.code)}${event.remedy ? `\n  ${event.remedy}` : ''}`;
    case 'displaced': {
      const by = event.by ? `${event.by.user} on ${event.by.host}` : 'somebody else';
      return `${paint.warn('!')} ${by} serves this stage now; this livectl ends. Start it again to take the stage back.`;
    }
    case 'reconnect':
      return reconnect(event, paint);
    case 'queued':
      return `${paint.dim(tag(event.id))} ${paint.warn('…')} ${paint.name(event.function)} waits for a worker (${event.waiting} waiting); raise --max-workers to run more at once`;
    case 'notice':
      return `${paint.dim('·')} ${event.message}`;
    case 'stopping':
      return event.waiting_for === 0
        ? undefined
        : `${paint.dim('·')} finishing ${plural(event.waiting_for, 'invocation')}; Ctrl-C again ends at once`;
    case 'stopped': {
      const counts = `${plural(event.invocations, 'invocation')}, ${event.failed} failed${event.abandoned > 0 ? `, ${event.abandoned} cut off` : ''}`;
      return `${paint.dim('·')} stopped: ${counts}; workers, sockets and temporary files are gone`;
    }
  }
}

function ready(event: Extract<SessionEvent, { event: 'ready' }>, paint: Style): string {
  const width = Math.max(...event.functions.map((served) => served.name.length));
  const lines = event.functions.map((served) => {
    const name = paint.name(served.name.padEnd(width));
    return `  ${name}  ${served.url ? `curl '${served.url}'` : paint.dim('no HTTP trigger')}`;
  });
  const heading = `${paint.ok('●')} serving ${plural(event.functions.length, 'function')} of stage ${paint.name(event.stage)} ${paint.dim(`ready in ${ms(event.ms)}, Ctrl-C stops`)}`;
  return ['', heading, '', ...lines, ''].join('\n');
}

function log(event: Extract<SessionEvent, { event: 'log' }>, paint: Style): string {
  const colour = {
    error: paint.bad,
    fatal: paint.bad,
    warn: paint.warn,
    debug: paint.dim,
    trace: paint.dim,
    info: undefined,
  }[event.level];
  const lead = `${paint.dim(event.id === undefined ? 'init  ' : tag(event.id))}   `;
  return event.message
    .split('\n')
    .map((line) => lead + (colour ? colour(line) : line))
    .join('\n');
}

function result(event: Extract<SessionEvent, { event: 'result' }>, paint: Style): string {
  const relay = Math.max(0, event.ms - event.code_ms - (event.init_ms ?? 0));
  const start = event.init_ms === undefined ? '' : `, start ${ms(event.init_ms)}`;
  const time = `${ms(event.ms)} ${paint.dim(`(code ${ms(event.code_ms)}, relay ${ms(relay)}${start})`)}`;
  const lead = `${paint.dim(tag(event.id))} ${paint.dim('←')} ${paint.name(event.function)}`;
  if (event.ok) {
    const status = event.status === undefined ? 'ok' : String(event.status);
    return `${lead} ${(event.status ?? 200) < 400 ? paint.ok(status) : paint.warn(status)} ${time}`;
  }
  const { name, message, stack } = event.error ?? { name: 'Error', message: '', stack: undefined };
  const lines = [`${lead} ${paint.bad(`${name}: ${message}`)} ${time}`];
  // The first line of Node's stack repeats name and message.
  const frames = (stack ?? []).filter((line) => !`${name}: ${message}`.startsWith(line.trim()));
  for (const frame of frames.slice(0, shownStackLines)) lines.push(indent(paint.dim(frame.trimEnd())));
  if (frames.length > shownStackLines)
    lines.push(indent(paint.dim(`… ${frames.length - shownStackLines} more`)));
  return lines.join('\n');
}

function reconnect(event: Extract<SessionEvent, { event: 'reconnect' }>, paint: Style): string {
  switch (event.state) {
    case 'lost':
      return `${paint.warn('!')} the relay closed the connection (${event.reason}); connecting again`;
    case 'retrying':
      return `${paint.warn('!')} no connection yet: ${event.reason}; still trying`;
    case 'connected':
      return `${paint.ok('●')} connected again after ${ms(event.ms ?? 0)}`;
  }
}

/** One mistake as `file:line:column: text` with its source line. */
function buildMessage(error: BuildMessage): string {
  const where = error.file ? `${error.file}:${error.line ?? 1}:${(error.column ?? 0) + 1}: ` : '';
  return `${where}${error.text}${error.lineText ? `\n  ${error.lineText.trim()}` : ''}`;
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `         ${line}`)
    .join('\n');
}

function tag(id: string): string {
  return id.slice(0, tagLength).padEnd(tagLength);
}

function ms(value: number): string {
  if (value >= 10_000) return `${(value / 1000).toFixed(1)} s`;
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
