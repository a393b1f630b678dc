// The `wildcard` matcher of event patterns: takes time linear in the value's length, however many stars there are.

/** Whether a whole value matches. `*` stands for any number of characters, even 0; `\*` and `\\` stand for `*` and `\`. */
export function wildcardTest(pattern: string): (value: string) => boolean {
  const [first = '', ...others] = partsOf(pattern);
  const last = others.pop();
  if (last === undefined) return (value) => value === first;
  const middle = others.filter((part) => part !== '').map(finder);
  return (value) => {
    if (value.length < first.length + last.length) return false;
    if (!value.startsWith(first) || !value.endsWith(last)) return false;
    // The earliest place of each part leaves the most room for those after it.
    const end = value.length - last.length;
    let at = first.length;
    for (const find of middle) {
      at = find(value, at, end);
      if (at < 0) return false;
    }
    return true;
  };
}

/** The texts between the stars. */
function partsOf(pattern: string): string[] {
  const parts = [''];
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] ?? '';
    const next = pattern[at + 1];
    if (character === '*') parts.push('');
    else if (character === '\\' && (next === '*' || next === '\\')) {
      parts[parts.length - 1] += next;
      at += 1;
    } else parts[parts.length - 1] += character;
  }
  return parts;
}

/**
 * Finds a text between `from` and `to` and returns where it ends there, or -1. Knuth, Morris and Pratt's search: each
 * character of the value is looked at twice at most, where `indexOf` may look at it once for each of the text's.
 */
function finder(text: string): (value: string, from: number, to: number) => number {
  /** For each matched length: how many of the last characters are also the beginning of the text. */
  const shorter = [0, 0];
  const lengthen = (matched: number, character: string | undefined) => {
    let length = matched;
    while (length > 0 && text[length] !== character) length = shorter[length] ?? 0;
    return text[length] === character ? length + 1 : 0;
  };
  for (let at = 1; at < text.length; at += 1) shorter.push(lengthen(shorter[at] ?? 0, text[at]));
  return (value, from, to) => {
    let matched = 0;
    for (let at = from; at < to; at += 1) {
      matched = lengthen(matched, value[at]);
      if (matched === text.length) return at + 1;
    }
    return -1;
  };
}
