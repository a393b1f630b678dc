// Where parts of a valid JSON text end. No `node:` imports: the inspector's page uses it too.

const spaces = new Set([' ', '\n', '\r', '\t']);

/** The first place from `from` on that is no space. */
export function afterSpace(text: string, from: number): number {
  let at = from;
  while (spaces.has(text[at] ?? '')) at += 1;
  return at;
}

/** The place after the string whose opening quote is at `from`; the end of the text if it is not closed. */
export function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

export function isSpace(character: string): boolean {
  return spaces.has(character);
}
