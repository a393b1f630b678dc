// JSON text for people, editors and source files: indented, every number and escape as it was.
import { afterSpace, endOfString, isSpace } from './json-tokens.ts';

/** A JSON text with a line for each member and item. Works on the text, so that no number loses digits; linear in its length. */
export function indentedJson(text: string): string {
  const parts: string[] = [];
  let depth = 0;
  const line = () => `\n${'  '.repeat(Math.min(depth, maxIndent))}`;
  for (let at = 0; at < text.length; ) {
    const character = text[at] ?? '';
    const end = character === '"' ? endOfString(text, at) : at + 1;
    if (opening.has(character)) {
      const next = afterSpace(text, end);
      const isEmpty = closing.has(text[next] ?? '');
      depth += 1;
      parts.push(character, isEmpty ? '' : line());
    } else if (closing.has(character)) {
      depth -= 1;
      const isEmpty = opening.has(parts.at(-2) ?? '') && parts.at(-1) === '';
      parts.push(isEmpty ? '' : line(), character);
    } else if (character === ',') parts.push(',', line());
    else if (character === ':') parts.push(': ');
    else if (!isSpace(character)) parts.push(text.slice(at, end));
    at = end;
  }
  return parts.join('');
}

/**
 * The same value with escapes for what a terminal or an editor obeys instead of showing: DEL, C1, line separators and Unicode's
 * Bidi_Control. In JSON they occur in strings only.
 */
export function escapedJson(text: string): string {
  return text.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Deeper levels are not indented further, or a deep text would grow with the square of its depth. */
const maxIndent = 40;
const opening = new Set(['{', '[']);
const closing = new Set(['}', ']']);
