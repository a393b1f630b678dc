// What `livectl cloud` shows and writes: its own two events, and those of the cloud that `serve --local` has as well.
import type { CloudNews, ServedFunction } from '../session/session-event.ts';
import type { Output } from './output.ts';
import { pretty } from './pretty.ts';
import { printable } from './printable.ts';
import { ms, plural } from './quantities.ts';
import { fallbackLines, wayLines } from './ready-lines.ts';
import { quoted, shellWords } from './shell-words.ts';
import { type Style, style } from './style.ts';

/** The cloud answers. */
export interface CloudReady {
  readonly event: 'ready';
  readonly stage: string;
  /** Base URL of the HTTP front. */
  readonly url: string;
  /** The stage's tunnel function; absent without a tunnel. */
  readonly tunnel?: {
    readonly function_name: string;
    /** The network namespace that it runs in. */
    readonly vpc: string;
    readonly allow: readonly string[];
  };
  /** What makes a program's AWS this cloud, by variable. */
  readonly env: Readonly<Record<string, string>>;
  /** Those that are deployed. */
  readonly functions: readonly ServedFunction[];
  /** Whose code is deployed, absolute. */
  readonly deployed: string;
  /** By which `livectl serve` serves the stage, where `env` is set. */
  readonly serve_args: readonly string[];
  /** From the start of the process, in milliseconds. */
  readonly ms: number;
}

/** Names and fields are the contract of `cloud --format json` (docs/cloud.md). */
export type CloudRunEvent = CloudReady | { readonly event: 'stopped' } | CloudNews;

/** Returns a listener that writes each event for a person to read. */
export function prettyCloud(output: Output, platform = process.platform): (event: CloudRunEvent) => void {
  const paint = style(output.colour);
  const others = pretty(output);
  return (event) => {
    if (event.event === 'ready') output.line(readyLines(event, paint, platform));
    else if (event.event === 'stopped')
      output.line(`${paint.dim('·')} stopped: the stage, its queues and its temporary files are gone`);
    else others(event);
  };
}

function readyLines(event: CloudReady, paint: Style, platform: NodeJS.Platform): string {
  const { deployed, env, functions, serve_args: serveArgs, stage } = event;
  const heading = `${paint.ok('●')} Stage ${paint.name(printable(stage))} with ${plural(functions.length, 'function')} on this machine (ready in ${ms(event.ms)}). ${paint.dim('Press Ctrl-C to stop.')}`;
  const isWrapped = functions.some(({ fallback }) => fallback.kind === 'deployed');
  return [
    '',
    heading,
    '',
    ...wayLines(functions, ['--stage', stage], paint),
    '',
    ...fallbackLines({ functions }, paint),
    ...(isWrapped ? [`  ${paint.dim(`deployed code: ${printable(deployed)}`)}`, ''] : []),
    ...tunnelLines(event, paint),
    paint.dim(
      'To serve it, paste this into any other terminal. The keys are random and end with this cloud.',
    ),
    '',
    ...variableLines(env, platform).map(printable),
    printable(shellWords(['livectl', 'serve', ...serveArgs])),
    '',
  ].join('\n');
}

function tunnelLines({ tunnel }: CloudReady, paint: Style): string[] {
  if (tunnel === undefined) return [];
  const { allow, function_name: name, vpc } = tunnel;
  const where = `runs in the network namespace ${printable(vpc)}, connects to ${printable(allow.join(', '))}`;
  return [`  tunnel ${paint.name(printable(name))}: ${paint.dim(where)}`, ''];
}

/** For the shell that is usual there. A profile would be used instead of the keys. */
function variableLines(env: CloudReady['env'], platform: NodeJS.Platform): string[] {
  const entries = Object.entries(env);
  if (platform !== 'win32')
    return [
      ...entries.map(([name, value]) => `export ${shellWords([`${name}=${value}`])}`),
      'unset AWS_PROFILE',
    ];
  return [
    ...entries.map(([name, value]) => `$env:${name} = ${quoted(value)}`),
    'Remove-Item Env:AWS_PROFILE -ErrorAction Ignore',
  ];
}
