// Inspector page: lays JSON text out over lines without a change to its numbers, strings or order.

/** Two spaces per level, as `JSON.stringify(value, null, 2)`; `text` must be JSON. Returned as it is where nesting would make it huge. */
export function formatJson(text: string, mostCharacters = 16 * 1024 * 1024): string {
  const parts: string[] = [];
  let length = 0;
  let depth = 0;
  const add = (part: string) => {
    parts.push(part);
    length += part.length;
  };
  const newLine = () => add(`\n${' '.repeat(2 * depth)}`);
  let at = 0;
  while (at < text.length) {
    if (length > mostCharacters) return text;
    const char = text[at] as string;
    if (char === '"') {
      const end = endOfString(text, at);
      add(text.slice(at, end));
      at = end;
    } else if (char === '{' || char === '[') {
      const inner = skipSpace(text, at + 1);
      const closing = text[inner];
      if (closing === '}' || closing === ']') {
        add(char + closing);
        at = inner + 1;
      } else {
        add(char);
        depth += 1;
        newLine();
        at = inner;
      }
    } else if (char === '}' || char === ']') {
      depth -= 1;
      newLine();
      add(char);
      at += 1;
    } else if (char === ',') {
      add(char);
      newLine();
      at += 1;
    } else if (char === ':') {
      add(': ');
      at += 1;
    } else if (isSpace(text, at)) at += 1;
    else {
      const end = endOfPlain(text, at);
      add(text.slice(at, end));
      at = end;
    }
  }
  return parts.join('');
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return Math.min(at + 1, text.length);
}

function endOfPlain(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && !isSpace(text, at) && !'{}[],:"'.includes(text[at] as string)) at += 1;
  return at;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (isSpace(text, at)) at += 1;
  return at;
}

function isSpace(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}
