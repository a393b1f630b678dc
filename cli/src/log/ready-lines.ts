// The terminal view of `ready`: what is served, and the command that reaches each function.
import type { Fallback } from '../manifest/fallback.ts';
import type { ServedFunction, SessionEvent } from '../session/session-event.ts';
import { isAtTerminal } from './output.ts';
import { printable } from './printable.ts';
import { ms, plural } from './quantities.ts';
import { quoted, shellWords } from './shell-words.ts';
import type { Style } from './style.ts';

type Ready = Extract<SessionEvent, { event: 'ready' }>;

/** A heading, and for each function its name and the commands that reach it. */
export function readyLines(event: Ready, paint: Style): string {
  const sound = event.functions.filter(({ mistakes }) => mistakes === undefined);
  const heading = event.observe
    ? observeHeading(event, event.observe.per_second, paint)
    : `${paint.ok('●')} Serving ${plural(sound.length, 'function')} of stage ${paint.name(printable(event.stage))} (ready in ${ms(event.ms)}). ${paint.dim('Press Ctrl-C to stop.')}`;
  const isSame = sound.every(({ fallback }) => fallback.kind === 'none') && !event.not_served?.length;
  if (event.observe)
    return ['', heading, '', ...onlyLines(event, paint), ...inspectorLines(event, paint)].join('\n');
  return [
    '',
    heading,
    '',
    ...wayLines(sound, event.trigger_args, paint),
    '',
    ...brokenLines(event, paint),
    ...onlyLines(event, paint),
    // Not where it is the same error for all.
    ...(isSame ? [] : fallbackLines({ ...event, functions: sound }, paint)),
    ...publicLines(event.functions, paint),
    ...inspectorLines(event, paint),
  ].join('\n');
}

/** After a save of livectl.json: how to reach the functions that it has added, and which ones fail; undefined if there are none. */
export function savedLines(event: Ready, added: ReadonlySet<string>, paint: Style): string | undefined {
  const isNew = ({ mistakes, name }: ServedFunction) => mistakes === undefined && added.has(name);
  const lines = [
    ...wayLines(event.functions.filter(isNew), event.trigger_args, paint),
    ...brokenLines(event, paint).slice(0, 1),
  ];
  return lines.length === 0 ? undefined : lines.join('\n');
}

function observeHeading({ functions, ms: took, stage }: Ready, perSecond: number, paint: Style): string {
  const names = functions.map(({ name }) => paint.name(printable(name))).join(', ');
  const what = `Observing ${names} of stage ${paint.name(printable(stage))}: the deployed code answers, nothing runs here`;
  const sample = `at most ${perSecond} a second of each instance; ready in ${ms(took)}`;
  return `${paint.ok('●')} ${what} (${sample}). ${paint.dim('Press Ctrl-C to stop.')}`;
}

/** Where to look at what comes in. */
function inspectorLines({ inspector }: Ready, paint: Style): string[] {
  if (inspector === undefined) return [];
  const way = isAtTerminal() ? paint.dim('  press o to open it') : '';
  return [`  Inspector: ${printable(inspector)}${way}`, ''];
}

/** Functions whose settings are invalid; what is invalid was reported when they were to be built. */
function brokenLines({ functions }: Ready, paint: Style): string[] {
  const broken = functions.flatMap(({ mistakes, name }) => (mistakes ? [paint.name(printable(name))] : []));
  if (broken.length === 0) return [];
  const [verb, whose] = broken.length === 1 ? ['fails', 'its'] : ['fail', 'their'];
  return [
    `${paint.bad('✗')} ${broken.join(', ')} ${verb} until ${whose} settings in livectl.json are valid`,
    '',
  ];
}

/** What is served of it, where that is not all. */
function onlyLines({ observe, only = [] }: Ready, paint: Style): string[] {
  if (only.length === 0) return [];
  const filters = only.map((each) => paint.name(printable(each))).join(' or ');
  if (observe) return [`  only where ${filters}`, ''];
  return [
    `  only where ${filters}; ${paint.dim('everything else is answered as if this livectl were not there')}`,
    '',
  ];
}

/** Each function and the commands that reach it; `args` say to `livectl trigger` where it is. */
export function wayLines(
  functions: readonly ServedFunction[],
  args: readonly string[],
  paint: Style,
): string[] {
  const width = functions.reduce((most, { name }) => Math.max(most, printable(name).length), 0);
  return functions.flatMap((served) =>
    // Only the first line begins with the function's name.
    waysTo(served, args, paint).map(
      (way, index) =>
        `  ${paint.name((index === 0 ? printable(served.name) : '').padEnd(width))}  ${way}${index === 0 ? ofOthers(served, paint) : ''}`,
    ),
  );
}

/** What answers while nobody serves, a line for each answer, and an empty one. */
export function fallbackLines(
  { functions, not_served: notServed = [] }: Pick<Ready, 'functions' | 'not_served'>,
  paint: Style,
): string[] {
  const groups = new Map<string, string[]>();
  for (const { fallback, mode, name } of functions) {
    const words = `${mode === 'wrap' ? 'wrapped' : 'replaced'}, ${fallbackWords(fallback)}`;
    groups.set(words, [...(groups.get(words) ?? []), name]);
  }
  for (const { name, url } of notServed) {
    const unserved = 'wrapped and not served, the deployed code answers';
    const words = url === undefined ? unserved : `${unserved}: ${curl(url, [])}`;
    groups.set(words, [...(groups.get(words) ?? []), name]);
  }
  return [
    ...[...groups].map(
      ([words, names]) =>
        `  ${names.map((each) => paint.name(printable(each))).join(', ')}: ${paint.dim(words)}`,
    ),
    '',
  ];
}

/** What happens to an invocation that no client takes. */
export function fallbackWords(fallback: Fallback): string {
  switch (fallback.kind) {
    case 'deployed':
      return 'the deployed code answers while nobody serves';
    case 'function':
      return `${printable(fallback.arn)} answers while nobody serves`;
    case 'none':
      return 'invocations fail while nobody serves';
  }
}

/** Functions whose URL alone is enough to run code on this machine. */
function publicLines(functions: readonly ServedFunction[], paint: Style): string[] {
  const open = functions.filter((served) => served.public).map(({ name }) => paint.name(printable(name)));
  if (open.length === 0) return [];
  const what = `anyone on the internet with the URL of ${open.join(', ')} can invoke the code on this machine`;
  return [`${paint.warn('!')} ${what} ${paint.dim('(authorization_type NONE)')}`, ''];
}

/** Who serves it instead, if that is another client. */
function ofOthers({ held_by: by }: ServedFunction, paint: Style): string {
  return by === undefined ? '' : paint.warn(`  served by ${printable(`${by.user} on ${by.host}`)}`);
}

/** By HTTP if it has such a trigger or none at all; a queue's function expects no request. */
function waysTo(served: ServedFunction, args: readonly string[], paint: Style): string[] {
  const {
    authorization_type: authorization,
    function_url: functionUrl,
    method,
    name,
    route_authorization_type: ofRoute,
    triggers,
    url,
  } = served;
  const trigger = (source: string) => printable(shellWords(['livectl', 'trigger', source, name, ...args]));
  const [source, ...others] = triggers.filter((each) => each !== 'http' && each !== 'function_url');
  const ways: string[] = [];
  if (url !== undefined && url !== functionUrl && (source === undefined || triggers.includes('http')))
    ways.push(
      ofRoute === 'AWS_IAM' ? trigger('http') : curl(url, [...methodArgs(method), ...tokenArgs(ofRoute)]),
    );
  // curl cannot sign by itself; without -N it buffers a stream until a line is complete.
  if (functionUrl !== undefined)
    ways.push(authorization === 'AWS_IAM' ? trigger('function_url') : curl(functionUrl, ['-N']));
  if (source !== undefined) {
    const also = others.length === 0 ? '' : paint.dim(`  also ${others.join(', ')}`);
    ways.push(`${trigger(source)}${also}`);
  }
  return ways.length > 0 ? ways : [printable(shellWords(['livectl', 'invoke', name, ...args]))];
}

function curl(url: string, args: readonly string[]): string {
  return printable(`${shellWords(['curl', ...args])} ${quoted(url)}`);
}

function tokenArgs(authorization: string | undefined): string[] {
  return authorization === 'JWT' ? ['-H', 'authorization: Bearer TOKEN'] : [];
}

/** The flags that curl needs for the method. */
function methodArgs(method: string | undefined): string[] {
  if (method === undefined || method === 'ANY' || method === 'GET') return [];
  return method === 'HEAD' ? ['--head'] : ['-X', method];
}
