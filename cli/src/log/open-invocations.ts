// Which invocations run now, and the colour of each: their lines are interleaved.
import type { ColourBits } from './terminal-abilities.ts';

/**
 * Colours that people with any of the common colour vision deficiencies tell apart (Okabe and Ito, 2008), on light and dark
 * backgrounds; without red, green and yellow, which have a meaning here. Numbers of the palette of 256.
 */
const rich = [172, 74, 36, 175, 32].map((number) => `38;5;${number}`);

/** Of the 16: cyan, magenta, blue, and the bright ones of the first two. */
const plain = ['36', '35', '34', '96', '95'];

/** More than ever run at once. What is left over are ends that were never reported. */
const mostOpen = 10_000;

interface Open {
  /** An id may be in flight twice, if Lambda retries. */
  count: number;
  readonly tint: number;
}

export class OpenInvocations {
  readonly #open = new Map<string, Open>();
  readonly #codes: readonly string[];
  #next = 0;

  constructor(bits: ColourBits) {
    this.#codes = bits === 0 ? [] : bits === 4 ? plain : rich;
  }

  /** Gives it the next colour that none of the others has, if there is one. */
  begin(id: string): void {
    const known = this.#open.get(id);
    if (known) {
      known.count += 1;
      return;
    }
    if (this.#open.size >= mostOpen) this.#open.clear();
    const used = new Set([...this.#open.values()].map(({ tint }) => tint));
    const order = plain.map((_, index) => (this.#next + index) % plain.length);
    const tint = order.find((each) => !used.has(each)) ?? this.#next;
    this.#next = (tint + 1) % plain.length;
    this.#open.set(id, { count: 1, tint });
  }

  end(id: string): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    open.count -= 1;
    if (open.count <= 0) this.#open.delete(id);
  }

  /** Several run, so that a line needs the name of its function. */
  get areSeveral(): boolean {
    return this.#open.size > 1;
  }

  /** The text in the colour of an invocation; undefined if it is none of those that run, or there are no colours. */
  tinted(id: string, text: string): string | undefined {
    const open = this.#open.get(id);
    const code = open && this.#codes[open.tint];
    return code === undefined ? undefined : `\u001b[${code}m${text}\u001b[39m`;
  }
}
