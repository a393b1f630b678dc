// JSON values whose numbers keep every digit, so that two large ids that differ are not equal.
import { endOfString } from './json-tokens.ts';

/** Marks a number that JavaScript would round; no text of an event begins so by chance. */
const mark = '\u0000number:';

/** Numbers with fewer digits are exact. */
const exactDigits = 15;

/** As JSON.parse, but with a marked text for each number of more than 15 digits. Throws its error. */
export function parseExactJson(text: string): unknown {
  const parts: string[] = [];
  let copied = 0;
  for (let at = 0; at < text.length; ) {
    const character = text[at] ?? '';
    if (character === '"') at = endOfString(text, at);
    else if (character === '-' || isDigit(character)) {
      const end = endOfNumber(text, at);
      const number = text.slice(at, end);
      if (end - at > exactDigits && isRounded(number)) {
        parts.push(text.slice(copied, at), JSON.stringify(mark + number));
        copied = end;
      }
      at = end;
    } else at += 1;
  }
  return JSON.parse(parts.length === 0 ? text : parts.join('') + text.slice(copied));
}

/** JSON text of a value from {@link parseExactJson}. */
export function exactJsonText(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.replace(/"\\u0000number:([-+.0-9eE]+)"/g, '$1');
}

/** The same value, whose exact numbers are texts. */
export function withoutMarks(value: unknown): unknown {
  return JSON.parse((JSON.stringify(value) ?? 'null').replace(/"\\u0000number:([-+.0-9eE]+)"/g, '"$1"'));
}

function isRounded(number: string): boolean {
  let digits = 0;
  for (const character of number) {
    if (character === 'e' || character === 'E') break;
    if (isDigit(character)) digits += 1;
  }
  return digits > exactDigits;
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
}

function endOfNumber(text: string, from: number): number {
  let at = from;
  while (at < text.length && '+-.0123456789eE'.includes(text[at] ?? '')) at += 1;
  return at;
}
