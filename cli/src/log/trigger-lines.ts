// What `livectl trigger` and `livectl invoke` say: for a person, and as the object of `--format json`.
import { isUtf8 } from 'node:buffer';
import type { SeenInvocation } from '../control/outcome.ts';
import type { Answer, Published } from '../trigger/source.ts';
import { printable, printableLines } from './printable.ts';
import { style } from './style.ts';

export interface Triggered {
  readonly source: string;
  readonly function: string;
  readonly published: Published;
  /** What was seen of the invocation on this machine. */
  readonly invocation: SeenInvocation | undefined;
}

/** One line: to what, and the ids it got. */
export function publishedLine({ published, source }: Omit<Triggered, 'invocation'>, colour: boolean): string {
  const paint = style(colour);
  const ids = Object.entries(published.ids).map(([name, id]) => `${name} ${id}`);
  return [
    `${paint.ok('●')} ${printable(source)} ${paint.name(printable(published.to))}`,
    ...ids.map((id) => paint.dim(printable(id))),
  ].join('  ');
}

/** What came back at once: the status of HTTP, and the body. */
export function answerLines({ body, cutOff, functionError, status }: Answer, colour: boolean): string {
  const paint = style(colour);
  const heading = functionError ?? (status === undefined ? undefined : String(status));
  const failed = functionError !== undefined || (status ?? 200) >= 400;
  return [
    ...(heading === undefined ? [] : [failed ? paint.bad(printable(heading)) : paint.ok(printable(heading))]),
    ...bodyLines(body),
    ...(cutOff ? [paint.bad('… cut off here')] : []),
  ].join('\n');
}

function bodyLines(body: Uint8Array): string[] {
  if (body.length === 0) return [];
  if (!isUtf8(body)) return [`(${body.length} bytes that are no text)`];
  return printableLines(Buffer.from(body).toString('utf8'), false);
}

/** The object of `livectl trigger --format json` (docs/triggers.md). */
export function triggerObject({ function: name, invocation, published, source }: Triggered): object {
  const { answer, ids, to, unheard = [] } = published;
  return {
    event: 'trigger',
    source,
    function: name,
    to,
    ids,
    ...(answer === undefined ? {} : { answer: answerObject(answer) }),
    ...(unheard.length === 0 ? {} : { notes: unheard }),
    invocation: invocation === undefined ? null : invocationObject(invocation),
  };
}

function answerObject({ body, cutOff, functionError, status }: Answer): object {
  return {
    ...(status === undefined ? {} : { status }),
    ...(functionError === undefined ? {} : { function_error: functionError }),
    ...bodyObject(body),
    ...(cutOff ? { cut_off: true } : {}),
  };
}

/** As API Gateway says it: text, or base64 and a word that it is. */
function bodyObject(body: Uint8Array): object {
  const bytes = Buffer.from(body);
  return isUtf8(bytes)
    ? { body: bytes.toString('utf8') }
    : { body: bytes.toString('base64'), is_base64_encoded: true };
}

/** `result` is absent while it runs. */
export function invocationObject({ invoke, logs, result }: SeenInvocation): object {
  const { event: _event, function: _function, id: _id, ...rest } = result ?? {};
  return {
    id: invoke.id,
    trigger: invoke.trigger,
    logs: logs.map(({ level, message }) => ({ level, message })),
    ...(result === undefined ? {} : { result: rest }),
  };
}
