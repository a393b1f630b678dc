// Places of a text that are replaced, so that all else stays as it is.
import { mask } from './secret-names.ts';

export interface Edit {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly text: string;
}

export function masked(start: number, end: number): Edit {
  return { start, end, text: mask };
}

/** In order and without overlaps: where two overlap, both places are masked. */
export function merged(edits: readonly Edit[]): Edit[] {
  const sorted = [...edits].sort((one, other) => one.start - other.start || other.end - one.end);
  const result: Edit[] = [];
  for (const edit of sorted) {
    const last = result.at(-1);
    if (last === undefined || edit.start >= last.end) result.push(edit);
    else if (edit.end > last.end) result[result.length - 1] = masked(last.start, edit.end);
  }
  return result;
}

/** `edits` are in order and do not overlap. */
export function applied(text: string, edits: readonly Edit[]): string {
  const pieces: string[] = [];
  let at = 0;
  for (const { end, start, text: replacement } of edits) {
    pieces.push(text.slice(at, start), replacement);
    at = end;
  }
  pieces.push(text.slice(at));
  return pieces.join('');
}
