// Words of a command line that is still being typed, as bash and fish quote them. Nothing is expanded or run.

/** A line up to the cursor. */
export interface TypedLine {
  /** Complete words without their quotes; the command's name is the first. */
  readonly words: readonly string[];
  /** The word at the cursor without its quotes, which may be open; `''` after a space. */
  readonly current: string;
}

/** Read in one pass. */
export function typedLine(line: string): TypedLine {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  let isEscaped = false;
  for (const character of line) {
    if (isEscaped) {
      // Between double quotes a backslash stays before most characters.
      const isKept = quote === '"' && !'"\\$`'.includes(character);
      word = `${word ?? ''}${isKept ? '\\' : ''}${character}`;
      isEscaped = false;
    } else if (character === '\\' && quote !== "'") {
      isEscaped = true;
      word ??= '';
    } else if (quote !== '') {
      if (character === quote) quote = '';
      else word = `${word ?? ''}${character}`;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= '';
    } else if (character === ' ' || character === '\t' || character === '\n') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = `${word ?? ''}${character}`;
  }
  return { words, current: word ?? '' };
}

/** The words after the command's name; variables may be set before it. */
export function argumentsOf(words: readonly string[]): string[] {
  const command = words.findIndex((word) => !/^[A-Za-z_][A-Za-z0-9_]*=/.test(word));
  return command < 0 ? [] : words.slice(command + 1);
}
