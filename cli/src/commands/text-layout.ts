// Text in lines of a given width, for help and the start screen.

/** Words that fit together on lines of at most `width` columns; a longer word has a line of its own. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.trim().split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 1 <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Narrower than this, what a row means is below its name. */
const leastWidthOfTwoColumns = 60;
const widestName = 26;

/** Rows of a name and what it means, indented by 2. */
export function rows(
  all: readonly (readonly [name: string, about: string])[],
  layout: {
    readonly width: number;
    /** Columns for names; default those of the longest that is not too long. */
    readonly nameWidth?: number;
    /** Marks names. */
    readonly paint?: (name: string) => string;
  },
): string[] {
  const { paint = (name) => name, width } = layout;
  const isWide = width >= leastWidthOfTwoColumns;
  const lengths = all.map(([{ length }]) => length).filter((length) => length <= widestName);
  const indent = isWide ? 4 + (layout.nameWidth ?? Math.max(...lengths, 0)) : 6;
  return all.flatMap(([name, about]) => {
    const lines = wrapped(about, width - indent).map((line) => ' '.repeat(indent) + line);
    const first = `  ${paint(name)}`;
    if (!isWide || name.length > indent - 4) return [first, ...lines];
    return [first + (lines[0] ?? '').slice(2 + name.length), ...lines.slice(1)];
  });
}

/** A command for a shell, on lines of at most `width` columns where its words allow it. */
export function shellLines(command: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of shellWords(command)) {
    const last = lines.at(-1);
    // Room for ` \` at the end, even if no line follows.
    if (last !== undefined && last.length + word.length + 3 <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : `  ${word}`);
  }
  return lines.map((line, index) => (index < lines.length - 1 ? `${line} \\` : line));
}

/** Its words with their quotes; spaces within quotes do not end one. */
function shellWords(command: string): string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (const character of command) {
    if (quote === '' && character === ' ') {
      if (word !== '') words.push(word);
      word = '';
      continue;
    }
    if (quote !== '' && character === quote) quote = '';
    else if (quote === '' && (character === "'" || character === '"')) quote = character;
    word += character;
  }
  return word === '' ? words : [...words, word];
}
