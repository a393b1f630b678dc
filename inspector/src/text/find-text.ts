// Inspector page: where a text is in another one, whatever the case.

/** More are not counted. */
export const mostMatches = 10_000;

/** Searches in one text; the last search is kept, since a component asks for it each time it is drawn. */
export class TextSearch {
  readonly #text: string;
  #folded: string | undefined;
  #last: { readonly wanted: string; readonly found: readonly number[] } = { wanted: '', found: [] };

  constructor(text: string) {
    this.#text = text;
  }

  /** Offsets, ascending. */
  find(wanted: string): readonly number[] {
    if (this.#last.wanted !== wanted) this.#last = { wanted, found: this.#search(wanted) };
    return this.#last.found;
  }

  #search(wanted: string): number[] {
    if (wanted === '') return [];
    this.#folded ??= this.#text.toLowerCase();
    // A letter whose lower case is longer (İ) would shift the offsets; such a text is searched as it is.
    const isFolded = this.#folded.length === this.#text.length;
    const where = isFolded ? this.#folded : this.#text;
    const what = isFolded ? wanted.toLowerCase() : wanted;
    const found: number[] = [];
    let at = where.indexOf(what);
    while (at >= 0 && found.length < mostMatches) {
      found.push(at);
      at = where.indexOf(what, at + what.length);
    }
    return found;
  }
}
