// JSON strings within texts: their content, and where each character of it is.

/** The content of a JSON string without its quotes, and the place of each of its characters in `raw`. */
export interface Unescaped {
  readonly text: string;
  /** Of each character, and of the end; undefined if every character is where it is in `raw`. */
  readonly places: Uint32Array | undefined;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** Takes invalid escapes as they are; linear. */
export function unescaped(raw: string): Unescaped {
  if (!raw.includes('\\')) return { text: raw, places: undefined };
  const places = new Uint32Array(raw.length + 1);
  const pieces: string[] = [];
  let length = 0;
  let copied = 0;
  const copy = (end: number) => {
    if (end > copied) pieces.push(raw.slice(copied, end));
    for (; copied < end; copied++) places[length++] = copied;
  };
  for (let at = raw.indexOf('\\'); at >= 0; at = raw.indexOf('\\', copied)) {
    copy(at);
    const letter = raw.charAt(at + 1);
    const isCode = letter === 'u' && /^[0-9a-fA-F]{4}$/.test(raw.slice(at + 2, at + 6));
    places[length++] = at;
    pieces.push(
      isCode
        ? String.fromCharCode(Number.parseInt(raw.slice(at + 2, at + 6), 16))
        : (escapes[letter] ?? letter),
    );
    // A backslash at the end of a text that is cut stands for nothing.
    if (letter === '') length -= 1;
    copied = Math.min(raw.length, at + (isCode ? 6 : 2));
  }
  copy(raw.length);
  places[length] = raw.length;
  return { text: pieces.join(''), places: places.subarray(0, length + 1) };
}

/** The index of the quote that ends a string whose content begins at `from`; the text's length if it is cut. */
export function stringEnd(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (at - 1 - backslashes >= from && text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}
