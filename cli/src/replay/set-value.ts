// `livectl replay --set PATH=VALUE`: an event with another value in one place, also inside JSON that is the text of a body.

import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { isJson } from '../manifest/is-json.ts';
import { itemSpans, memberSpans, replaced, type Span, wholeSpan } from './json-spans.ts';

type Step = string | number;

/** Steps of one path. */
const mostSteps = 100;

/** One `--set`. */
export interface Setting {
  /** As it was written. */
  readonly path: string;
  readonly steps: readonly Step[];
  /** JSON text. */
  readonly value: string;
}

/**
 * `body.items[0].id=5`, `headers["x-a"]=text`: names after dots, positions and quoted names in brackets. The value is JSON if
 * it can be, else text. Throws LD_CONFIG.
 */
export function parseSetting(text: string): Setting {
  const { end, steps } = parsePath(text);
  if (text[end] !== '=') throw invalid(text, 'write it as PATH=VALUE, e.g. body.items[0].id=5');
  const given = text.slice(end + 1);
  return { path: text.slice(0, end), steps, value: isJson(given) ? given : JSON.stringify(given) };
}

/** The event, JSON text, with that value. Everything else stays as it is. Throws LD_CONFIG. */
export function withValue(event: string, setting: Setting): string {
  return set(event, setting, 0, false);
}

function set(text: string, setting: Setting, done: number, isBase64: boolean): string {
  const { steps, value } = setting;
  const step = steps[done];
  const span = wholeSpan(text);
  if (step === undefined) return replaced(text, span, value);
  switch (text[span.start]) {
    case '{':
      return setMember(text, span, setting, done);
    case '[':
      return setItem(text, span, setting, done);
    case '"': {
      const inner = JSON.parse(text.slice(span.start, span.end)) as string;
      return replaced(text, span, JSON.stringify(setInText(inner, setting, done, isBase64)));
    }
    case 'n':
      return replaced(text, span, created(setting, done));
    default:
      throw unreachable(setting, done, 'is neither an object nor an array');
  }
}

function setMember(text: string, span: Span, setting: Setting, done: number): string {
  const name = String(setting.steps[done]);
  const members = memberSpans(text, span.start);
  const member = members.get(name);
  if (member !== undefined) {
    const flag = members.get('isBase64Encoded');
    const isEncoded = name === 'body' && flag !== undefined && text.slice(flag.start, flag.end) === 'true';
    // Kinesis encodes all data.
    const isBase64 = isEncoded || (name === 'data' && members.has('sequenceNumber'));
    return replaced(text, member, set(text.slice(member.start, member.end), setting, done + 1, isBase64));
  }
  const comma = members.size > 0 ? ',' : '';
  const added = `${comma}${JSON.stringify(name)}:${created(setting, done + 1)}`;
  return replaced(text, { start: span.end - 1, end: span.end - 1 }, added);
}

function setItem(text: string, span: Span, setting: Setting, done: number): string {
  const position = setting.steps[done];
  const items = itemSpans(text, span.start);
  if (typeof position !== 'number')
    throw unreachable(setting, done, 'is an array: write a position, e.g. [0]');
  const item = items[position];
  if (item !== undefined)
    return replaced(text, item, set(text.slice(item.start, item.end), setting, done + 1, false));
  if (position > items.length)
    throw unreachable(setting, done, `has ${items.length} items; the next one is [${items.length}]`);
  const comma = items.length > 0 ? ',' : '';
  const end = span.end - 1;
  return replaced(text, { start: end, end }, `${comma}${created(setting, done + 1)}`);
}

/** A text that is JSON, as the body of an HTTP request or an SQS message is. */
function setInText(text: string, setting: Setting, done: number, isBase64: boolean): string {
  const inner = isBase64 ? Buffer.from(text, 'base64').toString() : text;
  if (!/^\s*[{[]/.test(inner) || !isJson(inner))
    throw unreachable(setting, done, 'is a text that is not JSON');
  const after = set(inner, setting, done, false);
  return isBase64 ? Buffer.from(after).toString('base64') : after;
}

/** What is missing on the way to the value, around it. */
function created(setting: Setting, done: number): string {
  const { steps, value } = setting;
  return steps.slice(done).reduceRight<string>((inner, step, at) => {
    if (typeof step === 'number' && step > 0)
      throw unreachable(setting, done + at, 'is missing; its first item is [0]');
    return step === 0 ? `[${inner}]` : `{${JSON.stringify(String(step))}:${inner}}`;
  }, value);
}

function parsePath(text: string): { readonly steps: readonly Step[]; readonly end: number } {
  const steps: Step[] = [];
  let at = 0;
  while (at < text.length && text[at] !== '=') {
    if (steps.length === mostSteps) throw invalid(text, `a path has at most ${mostSteps} steps`);
    if (text[at] === '[') {
      const step = bracketed(text, at);
      steps.push(step.step);
      at = step.end;
    } else {
      if (text[at] === '.' && at > 0) at += 1;
      const start = at;
      while (at < text.length && !'.[='.includes(text[at] ?? '')) at += 1;
      if (at === start) throw invalid(text, 'a name is missing in its path');
      steps.push(text.slice(start, at));
    }
  }
  return { steps, end: at };
}

/** `[0]` or `["a name"]`. */
function bracketed(text: string, start: number): { readonly step: Step; readonly end: number } {
  if (text[start + 1] === '"') {
    let end = start + 2;
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
    const quoted = text.slice(start + 1, end + 1);
    if (text[end + 1] === ']' && isJson(quoted)) return { step: JSON.parse(quoted) as string, end: end + 2 };
  } else {
    const end = text.indexOf(']', start);
    const digits = text.slice(start + 1, end);
    if (end > 0 && /^\d{1,9}$/.test(digits)) return { step: Number(digits), end: end + 1 };
  }
  throw invalid(text, 'brackets must contain a position or a name in double quotes: [0], ["x-a"]');
}

function invalid(text: string, reason: string): LiveDebugError {
  return new LiveDebugError('LD_CONFIG', `--set ${text.slice(0, 200)}: ${reason}`);
}

/** What is on the way to the value cannot hold it. */
function unreachable({ path, steps }: Setting, done: number, reason: string): LiveDebugError {
  const where = done === 0 ? 'the event' : pathWords(steps.slice(0, done));
  return new LiveDebugError('LD_CONFIG', `--set ${path.slice(0, 200)}: ${where} ${reason}`);
}

/** A path as `--set` takes it. */
export function pathWords(steps: readonly Step[]): string {
  return steps
    .map((step, at) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[\w$-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
      return at === 0 ? step : `.${step}`;
    })
    .join('');
}
