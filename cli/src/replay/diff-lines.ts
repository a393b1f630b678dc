// A difference of two answers as lines for a terminal or a pipe.
import { printable } from '../log/printable.ts';
import { plural } from '../log/quantities.ts';
import { style } from '../log/style.ts';
import type { AnswerDiff } from '../recordings/answer-diff.ts';
import { exactJsonText } from '../recordings/exact-json.ts';
import type { Difference } from '../recordings/json-diff.ts';
import { pathWords } from './set-value.ts';

/** More are counted. */
const mostLines = 200;

/** Of a value; the whole is in the recordings. */
const mostCharacters = 1000;

/** One line for each difference, or a single line if the answers are equal. `what` is compared, e.g. `the recording of 10:02`. */
export function diffLines({ differences, isRewritten }: AnswerDiff, what: string, colour: boolean): string[] {
  const paint = style(colour);
  if (differences.length === 0) {
    const how = isRewritten ? 'equal as JSON, though not byte for byte' : 'the same';
    return [`${paint.ok('=')} ${how} as ${what}`];
  }
  const shown = differences.slice(0, mostLines).flatMap(describe);
  const more = differences.length - mostLines;
  return [
    `${paint.warn('≠')} ${plural(differences.length, 'difference')} from ${what}`,
    ...shown,
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];

  function describe(difference: Difference): string[] {
    const path = printable(difference.path.length === 0 ? 'the answer' : pathWords(difference.path));
    switch (difference.kind) {
      case 'added':
        return [paint.ok(`  + ${path}: ${value(difference.after)}`)];
      case 'removed':
        return [paint.bad(`  - ${path}: ${value(difference.before)}`)];
      case 'changed':
        return [
          paint.bad(`  - ${path}: ${value(difference.before)}`),
          paint.ok(`  + ${path}: ${value(difference.after)}`),
        ];
    }
  }
}

function value(json: unknown): string {
  const text = exactJsonText(json);
  return printable(text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text);
}
