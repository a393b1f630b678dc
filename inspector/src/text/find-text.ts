// Inspector page: where a text is in another one, whatever the case.

/** More are not counted. */
export const mostMatches = 10_000;

/** Offsets, ascending. */
export function findText(text: string, wanted: string): number[] {
  if (wanted === '') return [];
  const folded = text.toLowerCase();
  // A letter whose lower case is longer (İ) would shift the offsets; such a text is searched as it is.
  const isFolded = folded.length === text.length;
  const [where, what] = isFolded ? [folded, wanted.toLowerCase()] : [text, wanted];
  const found: number[] = [];
  let at = where.indexOf(what);
  while (at >= 0 && found.length < mostMatches) {
    found.push(at);
    at = where.indexOf(what, at + what.length);
  }
  return found;
}
