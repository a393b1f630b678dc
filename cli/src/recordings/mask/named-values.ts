// Secrets that a name gives away in plain text: `password=x`, `Authorization: x`, `<token>x</token>`, a part of a form.
import { cookieEdits } from './cookies.ts';
import { type Edit, masked } from './edits.ts';
import { isCookieName, isSecretName } from './secret-names.ts';

const nameCharacter = /[A-Za-z0-9_-]/;
const longestName = 128;
/** A value that is not quoted ends here, or at white space. */
const longestValue = 8192;
/** Between a name and its value; what is in brackets before it belongs to a form's field. */
const between = /(?:\]|%5D)?\\{0,8}["']?[ \t]{0,8}(?:=>|[:=]|%3D)[ \t]{0,8}/iy;
/** The head of a part of a form, up to its value. */
const formPart = /\\{0,8}"[ \t]{0,8}(?:\r\n\r\n|\\{1,8}r\\{1,8}n\\{1,8}r\\{1,8}n|\n\n)/y;
const quote = /(\\{0,8})(["'])/y;
/** Values that say nothing. */
const empty = /^(?:true|false|null|undefined|none)$/i;
/** A header of these has several words. */
const wholeLine = /^(?:proxy-)?authorization$/i;

export function namedValueEdits(text: string): Edit[] {
  const edits: Edit[] = [];
  // What every secret name contains, however it is written.
  const finder =
    /passw|passphrase|passcode|pwd|secret|token|credential|authorization|cookie|signature|sessionid|session_id|session-id|(?:api|access|private|signing|encryption|auth)[-_]?key|\b(?:auth|pass|otp|totp)\b|cvv|cvc/gi;
  for (let match = finder.exec(text); match; match = finder.exec(text)) {
    const start = nameStart(text, match.index);
    const end = nameEnd(text, finder.lastIndex);
    finder.lastIndex = end;
    const name = text.slice(start, end);
    if (!isSecretName(name)) continue;
    const found = valueEdits(text, name, start, end);
    edits.push(...found);
    // Names within a secret say nothing.
    finder.lastIndex = Math.max(end, found.at(-1)?.end ?? 0);
  }
  return edits;
}

function valueEdits(text: string, name: string, nameAt: number, from: number): Edit[] {
  if (text.charAt(from) === '>' && text.charAt(nameAt - 1) === '<') return upTo(text, from + 1, /</);
  const formAt = matchEnd(formPart, text, from);
  if (formAt !== undefined) return upTo(text, formAt, /\r\n--|\\r\\n--|\n--|"/);
  const at = matchEnd(between, text, from);
  if (at === undefined) return [];
  quote.lastIndex = at;
  const quoted = quote.exec(text);
  if (quoted) {
    const [opening, , mark = '"'] = quoted;
    return valueEdit(text, name, at + opening.length, quotedEnd(text, at + opening.length, mark));
  }
  if (/[{[]/.test(text.charAt(at))) return [];
  const isLine = wholeLine.test(name) || isCookieName(name);
  const window = text.slice(at, at + longestValue);
  const end = window.search(isLine ? /[\r\n"'\\<>}\]]/ : /[\s"'\\&;,<>()}\]]/);
  const value = window.slice(0, end < 0 ? window.length : end);
  // `Unexpected token: comma`
  if (/token$/i.test(name) && /^[A-Za-z]{1,15}$/.test(value) && text.charAt(at - 1) === ' ') return [];
  return valueEdit(text, name, at, at + value.length);
}

function valueEdit(text: string, name: string, start: number, end: number): Edit[] {
  const value = text.slice(start, end);
  if (value.trim() === '' || empty.test(value)) return [];
  if (isCookieName(name)) return cookieEdits(text, start, end);
  return [masked(start, end)];
}

/** The end of a quoted value: its quote, before which there may be backslashes that belong to it. */
function quotedEnd(text: string, from: number, mark: string): number {
  const window = text.slice(from, from + longestValue);
  const found = window.indexOf(mark);
  let end = from + (found < 0 ? window.length : found);
  while (end > from && text.charAt(end - 1) === '\\') end -= 1;
  return end;
}

function upTo(text: string, start: number, end: RegExp): Edit[] {
  const window = text.slice(start, start + longestValue);
  const found = window.search(end);
  const length = found < 0 ? window.length : found;
  return length === 0 ? [] : [masked(start, start + length)];
}

function matchEnd(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** After an escape such as `\n`, whose letter is not part of the name. */
function nameStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && start > at - longestName && nameCharacter.test(text.charAt(start - 1))) start -= 1;
  const isEscape = text.charAt(start - 1) === '\\' && /[nrtbf]/.test(text.charAt(start));
  return isEscape && start < at ? start + 1 : start;
}

function nameEnd(text: string, at: number): number {
  let end = at;
  while (end < text.length && end < at + longestName && nameCharacter.test(text.charAt(end))) end += 1;
  return end;
}
