// Inspector page: what differs between two texts of one line.

export interface MarkedText {
  readonly text: string;
  /** The part of `text` that differs. */
  readonly mark: readonly [start: number, end: number];
}

/** Longer texts are cut. */
export const mostCharacters = 600;

/** Of an equal beginning, so many characters are shown before the difference in a long text. */
const lead = 60;

/** All but their common beginning and end differs. Long texts are cut around it. `label` comes before both. */
export function marked(label: string, before: string, after: string): readonly [MarkedText, MarkedText] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  return [
    cutAround(label, before, start, before.length - end),
    cutAround(label, after, start, after.length - end),
  ];
}

function cutAround(label: string, text: string, start: number, end: number): MarkedText {
  if (text.length <= mostCharacters)
    return { text: label + text, mark: [start + label.length, end + label.length] };
  const from = Math.max(0, start - lead);
  const to = Math.min(text.length, from + mostCharacters);
  const before = label + (from > 0 ? '…' : '');
  const shift = before.length - from;
  return {
    text: `${before}${text.slice(from, to)}${to < text.length ? '…' : ''}`,
    mark: [start + shift, Math.min(end, to) + shift],
  };
}
