// The terminal view: one line in and one line out per invocation, its log lines between, each line with the invocation's tag.
import { type Clock, systemClock } from '../../../protocol/clock.ts';
import type { DebuggerEvent, ObserveEvent, SessionEvent } from '../session/session-event.ts';
import { buildLines } from './build-lines.ts';
import { clockTimeMs } from './clock-time.ts';
import { deployedLogLines, logLines, resultLines } from './invocation-lines.ts';
import { observedLines } from './observed-lines.ts';
import { OpenInvocations } from './open-invocations.ts';
import type { Output } from './output.ts';
import { printable } from './printable.ts';
import { ms, plural, skewWords } from './quantities.ts';
import { readyLines, savedLines } from './ready-lines.ts';
import { sourceLine } from './source-line.ts';
import { type Style, style } from './style.ts';
import { summaryLines } from './summary-lines.ts';
import { tunnelLine } from './tunnel-line.ts';
import { name, tag, type View } from './view.ts';

/** How many files of a reload are named: a checkout changes hundreds. */
const mostNames = 4;

export interface PrettyOptions {
  /** With the bodies of what is observed. */
  readonly verbose?: boolean;
  /** Each line begins with the time, in hours, minutes, seconds and milliseconds of this machine. */
  readonly timestamps?: boolean;
  readonly clock?: Pick<Clock, 'now'>;
  /** What files in build errors of a function are relative to, absolute; undefined if it is not known. */
  readonly folderOf?: (functionName: string) => string | undefined;
  /** Where the person stands; default: the working directory. */
  readonly here?: string;
}

/** Returns a listener that writes each event for a person to read. */
export function pretty(output: Output, options: PrettyOptions = {}): (event: ObserveEvent) => void {
  const { clock = systemClock, folderOf = () => undefined, here = process.cwd() } = options;
  const view: View = {
    paint: style(output.colour),
    colour: output.colour,
    filters: new Map(),
    open: new OpenInvocations(output.colourBits ?? (output.colour ? 4 : 0)),
    places: { here, links: output.links },
    folderOf,
    added: undefined,
  };
  return (event) => {
    const text =
      'observed' in event
        ? observedLines(event, view.paint, view.places, options.verbose ?? false)
        : describe(event, view);
    if (text === undefined) return;
    output.line(options.timestamps ? stamped(text, new Date(clock.now()), view.paint) : text);
  };
}

/** Before the first line; the others are below it. An empty line stays empty. */
function stamped(text: string, date: Date, paint: Style): string {
  const time = clockTimeMs(date);
  let isFirst = true;
  return text
    .split('\n')
    .map((line) => {
      if (line === '') return line;
      const lead = isFirst ? paint.dim(time) : ' '.repeat(time.length);
      isFirst = false;
      return `${lead} ${line}`;
    })
    .join('\n');
}

function describe(event: SessionEvent, view: View): string | undefined {
  const { filters, open, paint } = view;
  switch (event.event) {
    case 'ready':
      return view.added === undefined ? readyLines(event, paint) : savedLines(event, view.added, paint);
    case 'invoke': {
      open.begin(event.id);
      const only = event.only === undefined ? '' : paint.dim(` (${printable(event.only)})`);
      const edited = event.edited ? ', edited' : '';
      const replay = event.replay_of === undefined ? '' : paint.dim(` (replay${edited})`);
      return `${tag(event.id, view)} ${paint.dim('→')} ${name(event, paint)} ${printable(event.trigger)}${only}${replay}`;
    }
    case 'log':
      return logLines(event, view);
    case 'deployed_log':
      return deployedLogLines(event, view);
    case 'result':
      filters.delete(event.id);
      try {
        return resultLines(event, view);
      } finally {
        open.end(event.id);
      }
    case 'manifest': {
      view.added = new Set(event.added);
      const kinds = [
        ['new', event.added],
        ['changed', event.changed],
        ['removed', event.removed],
        ['settings', event.settings],
      ] as const;
      const news = kinds.flatMap(([kind, names]) =>
        names.length === 0 ? [] : [`${kind}: ${names.slice(0, mostNames).map(printable).join(', ')}`],
      );
      return `${paint.ok('↻')} livectl.json was saved${news.length === 0 ? '' : ` (${news.join('; ')})`}`;
    }
    case 'reload': {
      const names = event.changed.slice(0, mostNames).map(printable).join(', ');
      const more = event.changed.length - mostNames;
      const all = more > 0 ? `${names} and ${more} more` : names;
      const changed = all === '' ? '' : paint.dim(` (${all})`);
      return `${paint.ok('↻')} ${name(event, paint)} reloaded in ${ms(event.ms)}${changed}`;
    }
    case 'build_error': {
      const after = event.last_good
        ? 'the last good build keeps answering'
        : 'invocations fail until this is fixed';
      const errors = buildLines(event.function, event.errors, view);
      return [`${paint.bad('✗')} ${name(event, paint)} does not build; ${after}`, ...errors].join('\n');
    }
    case 'error': {
      const remedy = event.remedy ? `\n  ${printable(event.remedy)}` : '';
      return `${paint.bad('!')} ${printable(event.message)} ${paint.dim(printable(event.code))}${remedy}`;
    }
    case 'late': {
      const why = event.elsewhere
        ? 'another livectl has it'
        : `it arrived ${ms(event.late_ms)} late; its caller has been told that nobody answered`;
      return `${tag(event.id, view)} ${paint.warn('!')} ${name(event, paint)} not run: ${why}`;
    }
    case 'holder': {
      const who = event.by
        ? `is served by ${printable(`${event.by.user} on ${event.by.host}`)} now`
        : 'is served here again';
      return `${paint.dim('·')} ${name(event, paint)} ${who}`;
    }
    // For programs: a profiler needs the process id, a person sees what a start costs in `result`.
    case 'worker_started':
    case 'worker_ended':
      return undefined;
    case 'displaced': {
      const by = event.by ? printable(`${event.by.user} on ${event.by.host}`) : 'somebody else';
      return `${paint.warn('!')} ${by} serves this stage now; this livectl ends. Start it again to take the stage back.`;
    }
    case 'reconnect':
      return reconnect(event, paint);
    case 'unmatched': {
      const meant =
        event.did_you_mean === undefined ? '' : `; did you mean ${printable(event.did_you_mean)}?`;
      return `${paint.warn('!')} ${event.status} ${printable(`${event.method} ${event.path}`)}: no route matches${meant}`;
    }
    case 'published':
    case 'retry':
    case 'dead_letter':
      return sourceLine(event, paint);
    case 'queued':
      return `${tag(event.id, view)} ${paint.warn('…')} ${name(event, paint)} ${queued(event)}`;
    case 'debugger':
      // After a save, where it listens is known.
      if (event.state === 'listening' && view.added?.has(event.function) === false) return undefined;
      return `${paint.dim('·')} ${name(event, paint)} ${debuggerWords(event)}`;
    case 'tunnel':
      return tunnelLine(event, paint);
    case 'clock_skew':
      return clockSkew(event.ahead_ms, paint);
    case 'notice':
      return `${paint.dim('·')} ${printable(event.message)}`;
    case 'stopping':
      return event.waiting_for === 0
        ? undefined
        : `${paint.dim('·')} finishing ${plural(event.waiting_for, 'invocation')}; Ctrl-C again ends at once`;
    case 'summary':
      return summaryLines(event, paint, view.places);
    case 'stopped': {
      const counts = `${plural(event.invocations, 'invocation')}, ${event.failed} failed${event.abandoned > 0 ? `, ${event.abandoned} cut off` : ''}`;
      return `${paint.dim('·')} stopped: ${counts}; workers, sockets and temporary files are gone`;
    }
    default:
      return event satisfies never;
  }
}

function reconnect(event: Extract<SessionEvent, { event: 'reconnect' }>, paint: Style): string {
  switch (event.state) {
    case 'lost':
      return `${paint.warn('!')} the relay closed the connection (${printable(event.reason ?? '')}); connecting again`;
    case 'retrying':
      return `${paint.warn('!')} no connection yet: ${printable(event.reason ?? '')}; still trying`;
    case 'connected':
      return `${paint.ok('●')} connected again after ${ms(event.ms ?? 0)}`;
  }
}

function queued({ reason, waiting }: Extract<SessionEvent, { event: 'queued' }>): string {
  if (reason === 'building') return `waits for its first build (${waiting} waiting)`;
  if (reason === 'debugger')
    return `waits until its debugger is attached again, 5 s at most (${waiting} waiting)`;
  return reason === 'one_at_a_time'
    ? `waits for its turn (${waiting} waiting): under --inspect a function runs one invocation at a time`
    : `waits for a worker (${waiting} waiting); raise --max-workers to run more at once`;
}

function debuggerWords(event: DebuggerEvent): string {
  switch (event.state) {
    case 'listening':
      return event.kind === 'node'
        ? `debugger: attach to ${event.address} (${printable(event.url ?? '')})`
        : `debugger: attach debugpy to ${event.address}`;
    case 'attached':
      return 'debugger attached: the timeout is suspended';
    case 'detached':
      return 'debugger detached: the timeout applies again';
    case 'unavailable':
      return `has no debugger: ${printable(event.reason)}`;
  }
}

function clockSkew(aheadMs: number, paint: Style): string {
  if (aheadMs === 0) return `${paint.ok('●')} this machine’s clock agrees with AWS’s again`;
  return `${paint.warn('!')} this machine’s clock is at least ${skewWords(aheadMs)} AWS’s; set it, e.g. turn on network time (beyond 30 s, stubs do not find this livectl)`;
}
