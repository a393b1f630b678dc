// An error that ends a command: what happened, where, what to do next; a stack trace only under --verbose.
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { eventLine } from './json-lines.ts';
import type { Output, OutputFormat } from './output.ts';
import { printableLines } from './printable.ts';
import { style } from './style.ts';

export interface FailureOptions {
  readonly format: OutputFormat;
  readonly verbose: boolean;
}

/** Writes the error: to stderr for a person, or as an `error` event to stdout for `--format json`. */
export function reportFailure(error: unknown, output: Output, options: FailureOptions): void {
  const known = error instanceof LiveDebugError ? error : undefined;
  const message = messageOf(error);
  const remedy = known?.remedy;
  if (options.format === 'json') {
    output.line(
      eventLine({
        event: 'error',
        code: known?.code ?? 'LD_INTERNAL',
        message,
        ...(remedy ? { remedy } : {}),
      }),
    );
  } else {
    const paint = style(output.colour);
    const lines = printableLines(`${message}${remedy ? `\n  ${remedy}` : ''}`, false);
    output.errorLine(`${paint.bad('livectl:')} ${lines.join('\n')}`);
  }
  if (options.verbose && error instanceof Error)
    output.errorLine(printableLines(stackOf(error), false).join('\n'));
  else if (known === undefined) output.errorLine('  This is a bug in livectl; --verbose shows where.');
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
