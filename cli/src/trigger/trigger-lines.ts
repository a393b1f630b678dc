// The output of `livectl trigger` and `livectl invoke`: for a person, and as the object of `--format json`.
import { isUtf8 } from 'node:buffer';
import type { SeenInvocation } from '../control/outcome.ts';
import { invocationObject } from '../control/seen-object.ts';
import { printable, printableLines } from '../log/printable.ts';
import { style } from '../log/style.ts';
import type { Answer, Published } from './sources/source.ts';

export interface Triggered {
  readonly source: string;
  readonly function: string;
  readonly published: Published;
  /** The invocation, as far as it was seen on this machine. */
  readonly invocation: SeenInvocation | undefined;
  /** Who serves it, if nobody on this machine does: `nobody`, or another person; undefined if unknown. */
  readonly servedBy?: ServedBy | undefined;
}

/** Who serves a function, according to the directory. */
export type ServedBy = 'nobody' | { readonly user: string; readonly host: string };

/** One line: the resource, and the ids. */
export function publishedLine(
  { published, source }: Omit<Triggered, 'invocation' | 'servedBy'>,
  colour: boolean,
): string {
  const paint = style(colour);
  const ids = Object.entries(published.ids).map(([name, id]) => `${name} ${id}`);
  return [
    `${paint.ok('●')} ${printable(source)} ${paint.name(printable(published.to))}`,
    ...ids.map((id) => paint.dim(printable(id))),
  ].join('  ');
}

/** The synchronous answer: the HTTP status, and the body. */
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
  if (!isUtf8(body)) return [`(${body.length} bytes of binary data)`];
  return printableLines(Buffer.from(body).toString('utf8'), false);
}

/** The object of `livectl trigger --format json` (docs/triggers.md). */
export function triggerObject({
  function: name,
  invocation,
  published,
  servedBy,
  source,
}: Triggered): object {
  const { answer, ids, to, unheard = [] } = published;
  return {
    event: 'trigger',
    source,
    function: name,
    to,
    ids,
    ...(answer === undefined ? {} : { answer: answerObject(answer) }),
    ...(unheard.length === 0 ? {} : { notes: unheard }),
    ...(servedBy === undefined ? {} : { served_by: servedBy === 'nobody' ? null : servedBy }),
    invocation: invocation === undefined ? null : invocationObject(invocation),
  };
}

/** Where to see the outcome of an invocation that was not seen on this machine. */
export function elsewhereLine(
  servedBy: ServedBy | undefined,
  functionName: string,
  stageName: string,
  serveCommand: string,
): string {
  if (servedBy === 'nobody') {
    const what = `nobody is serving ${functionName} of ${stageName}: the invocation fails, unless a fallback answers it`;
    return `${what}; to serve it, run: ${serveCommand}`;
  }
  const who = servedBy === undefined ? '' : `${servedBy.user} on ${servedBy.host} serves it; `;
  return `${who}no livectl serve on this machine handles it; to see the result here, run: ${serveCommand}`;
}

function answerObject({ body, cutOff, functionError, status }: Answer): object {
  return {
    ...(status === undefined ? {} : { status }),
    ...(functionError === undefined ? {} : { function_error: functionError }),
    ...bodyObject(body),
    ...(cutOff ? { cut_off: true } : {}),
  };
}

/** As in API Gateway's events: text, or base64 with a flag. */
function bodyObject(body: Uint8Array): object {
  const bytes = Buffer.from(body);
  return isUtf8(bytes)
    ? { body: bytes.toString('utf8') }
    : { body: bytes.toString('base64'), is_base64_encoded: true };
}
