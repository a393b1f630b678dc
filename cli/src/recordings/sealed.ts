// From an invocation as it was to a recording in which nothing is secret.
import type { Masker } from './mask/masker.ts';
import type { InvocationDetail, InvocationSummary } from './recording.ts';
import type { Recording } from './recording-store.ts';

/** An invocation that has ended, with its secrets. Its bodies are not copies. */
export interface Draft extends Recording {
  readonly masker: Masker;
}

/** Between so many lines others may work. */
const linesAtOnce = 50;

/** Masks all of it; yields now and then. */
export function* sealed({ detail, event, masker, result, summary }: Draft): Generator<void, Recording> {
  // First: what the event gives away as a secret is masked in all else.
  const maskedEvent = yield* masker.document(event.bytes);
  const maskedResult = yield* masker.document(result.bytes);
  const lines: InvocationDetail['lines'][number][] = [];
  for (const line of detail.lines) {
    lines.push({ ...line, message: masker.text(line.message) });
    if (lines.length % linesAtOnce === 0) yield;
  }
  const { count, pointers } = maskedEvent;
  const row = {
    ...maskedSummary(summary, masker),
    ...(count > 0 ? { masked: count } : {}),
  };
  const { client_context, identity } = detail.context;
  return {
    summary: row,
    detail: {
      ...detail,
      ...row,
      context: {
        ...detail.context,
        ...(client_context === undefined ? {} : { client_context: yield* document(masker, client_context) }),
        ...(identity === undefined ? {} : { identity: yield* document(masker, identity) }),
      },
      ...(detail.error ? { error: maskedError(detail.error, masker) } : {}),
      lines,
      ...(pointers.length > 0 ? { masked_paths: pointers } : {}),
    },
    event: { ...event, bytes: maskedEvent.bytes },
    result: { ...result, bytes: maskedResult.bytes },
  };
}

/** What is listed, and shown while it runs. */
export function maskedSummary(summary: InvocationSummary, masker: Masker): InvocationSummary {
  const { error, source_ids, trigger } = summary;
  return {
    ...summary,
    trigger: masker.text(trigger),
    ...(source_ids ? { source_ids: source_ids.map((id) => masker.text(id)) } : {}),
    ...(error ? { error: { name: masker.text(error.name), message: masker.text(error.message) } } : {}),
  };
}

type DetailError = NonNullable<InvocationDetail['error']>;

function maskedError(error: DetailError, masker: Masker): DetailError {
  return {
    ...texts(error, masker),
    ...(error.causes
      ? { causes: error.causes.map((cause) => ({ relation: cause.relation, ...texts(cause, masker) })) }
      : {}),
  };
}

function texts(
  { message, name, stack }: Pick<DetailError, 'name' | 'message' | 'stack'>,
  masker: Masker,
): Pick<DetailError, 'name' | 'message' | 'stack'> {
  return {
    name: masker.text(name),
    message: masker.text(message),
    ...(stack ? { stack: stack.map((frame) => masker.text(frame)) } : {}),
  };
}

function* document(masker: Masker, text: string): Generator<void, string> {
  const { bytes } = yield* masker.document(Buffer.from(text));
  return Buffer.from(bytes).toString();
}

/** Does it at once. */
export function finished<T>(work: Generator<void, T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}
