// Finds what a person probably meant by an unknown word.

/** The candidate closest to `word`, or undefined if none is close; case, `_` and `-` are ignored. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = normalised(word);
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    const known = normalised(candidate);
    const isPart =
      wanted !== known && wanted.length >= 3 && (known.startsWith(wanted) || wanted.startsWith(known));
    const most = Math.max(1, Math.floor(known.length / 3));
    // At least this many letters must be inserted or deleted, so that a long word is not compared letter by letter.
    if (!isPart && Math.abs(wanted.length - known.length) > most) continue;
    const distance = isPart ? 1 : editDistance(wanted, known);
    if (distance <= most && distance < (best?.distance ?? Infinity)) {
      best = { candidate, distance };
    }
  }
  return best?.candidate;
}

/** `; did you mean X?` to append to a sentence, or an empty text. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const candidate = closest(word, candidates);
  return candidate === undefined ? '' : `; did you mean ${JSON.stringify(candidate)}?`;
}

function normalised(word: string): string {
  return word.toLowerCase().replace(/[_-]/g, '');
}

/** Letters to insert, delete, replace or swap with their neighbour (optimal string alignment). */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      }
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? 0;
}
