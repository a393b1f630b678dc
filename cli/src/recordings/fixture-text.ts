// What the tests that are written from a recording have in common.
import type { ExportedInvocation, ExportOptions } from './export-form.ts';
import { escapedJson, indentedJson } from './indented-json.ts';

/** What the recorded code answered, as far as a test can expect it. */
export type Expected =
  | { readonly kind: 'result'; readonly json: string }
  | { readonly kind: 'error'; readonly name: string; readonly message: string }
  | { readonly kind: 'nothing'; readonly reason: string };

export function expectedOf(invocation: ExportedInvocation, { result }: ExportOptions): Expected {
  const { error, result_cut: isCut, status } = invocation;
  if (status === 'error' && error !== undefined) {
    // Errors of Lambda and of livectl, such as a timeout, don't come from the handler.
    if (/^((Sandbox|Runtime)\.|LiveDebug\w+Error$)/.test(error.name))
      return { kind: 'nothing', reason: `the recorded run failed with ${error.name}` };
    return { kind: 'error', name: error.name, message: error.message };
  }
  if (isCut) return { kind: 'nothing', reason: 'only the start of the answer is recorded' };
  const text = result && new TextDecoder().decode(result);
  if (text === undefined || text === '') return { kind: 'nothing', reason: 'no answer is recorded' };
  try {
    JSON.parse(text);
  } catch {
    return { kind: 'nothing', reason: 'the recorded answer is not JSON' };
  }
  return { kind: 'result', json: readableJson(text) };
}

/** Indented, for source files. */
export function readableJson(text: string): string {
  return escapedJson(indentedJson(text));
}

/** A string in double quotes, which JavaScript and Python read alike. */
export function stringLiteral(text: string): string {
  return escapedJson(JSON.stringify(text));
}

/** What a comment may say of a text from elsewhere: one line, without what an editor obeys. */
export function commentText(text: string): string {
  return escapedJson(JSON.stringify(text.slice(0, 200)).slice(1, -1).replaceAll('\\"', '"'));
}

/** The handler's module and the names of what it exports: `src/hello.handler` is `src/hello` and `handler`. */
export function handlerParts(handler: string): {
  readonly module: string;
  readonly names: readonly string[];
} {
  const folder = handler.lastIndexOf('/') + 1;
  const dot = handler.indexOf('.', folder);
  if (dot < 0) return { module: handler, names: ['handler'] };
  return { module: handler.slice(0, dot), names: handler.slice(dot + 1).split('.') };
}

/** Comments at the start of a test. */
export function headComments({
  at,
  function: name,
  key,
  masked_paths: masked,
  trigger,
}: ExportedInvocation): string[] {
  return [
    `Recorded by livectl: ${commentText(trigger)}, function ${commentText(name)}, ${commentText(at)}, recording ${commentText(key)}.`,
    ...(masked?.length ? [`Masked values: ${commentText(masked.join(', '))}`] : []),
  ];
}
