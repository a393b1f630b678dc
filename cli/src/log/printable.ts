// What a terminal may show of texts from elsewhere: lines and colours, nothing that moves the cursor or reorders text.

import { isOwnLink } from './file-place.ts';

/**
 * Colours (SGR, ECMA-48 8.3.117), and every character that a terminal or a reader obeys instead of showing: C0 without tab
 * and line feed, DEL, C1, U+2028 and U+2029, which some readers take for line ends, and Unicode's Bidi_Control, which makes a
 * text read differently than it is (CVE-2021-42574).
 */
const obeyed =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this file is about.
  /\u001b\[[0-9;:]{0,64}m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** About a screenful: a longer name, path or reason does not belong on one line. */
const longestOneLine = 2000;

/**
 * The lines of a text from a function, a request or a file. A carriage return ends a line, so that nothing can overwrite what
 * is already shown. With `colour` the text's own colours are kept, and end with the line; every other control character
 * becomes a visible sign. Linear in the length of `text`.
 */
export function printableLines(text: string, colour: boolean): string[] {
  const lines = text
    .slice(0, endWithoutReturns(text))
    // A lone carriage return becomes a line end.
    .replaceAll('\r\n', '\n')
    .replaceAll('\r', '\n')
    .replace(obeyed, (found) => (isColour(found) ? (colour ? found : '') : picture(found)))
    .split('\n');
  return colour ? lines.map((line) => (line.includes('\u001b') ? `${line}\u001b[0m` : line)) : lines;
}

/** The same on one line and without the text's own colours: names, paths, reasons. Cut at 2,000 characters. */
export function printable(text: string): string {
  const short = text.length > longestOneLine ? `${text.slice(0, longestOneLine)}…` : text;
  return printableLines(short, false).join('␊');
}

/** The same, and a whole link (OSC 8) to a file, of which the text must be printable. */
const obeyedOrLink =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
  /\u001b\]8;id=[0-9a-f]{16};file:\/\/[!-~]{1,2100}\u001b\\[^\u0000-\u001f\u007f-\u009f]{1,2100}\u001b\]8;;\u001b\\|\u001b\[[0-9;:]{0,64}m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * A composed text as it is written, including our own lines, colours and links. Catches what a caller forgot to pass through
 * {@link printable}.
 */
export function guarded(text: string): string {
  return text.replace(obeyedOrLink, (found) => {
    if (found.length === 1) return picture(found);
    // Not ours: each of its characters is looked at again.
    return found.endsWith('m') || isOwnLink(found) ? found : printableLines(found, true).join('\n');
  });
}

function endWithoutReturns(text: string): number {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0x0d) end -= 1;
  return end;
}

function isColour(found: string): boolean {
  return found.length > 1;
}

/** Unicode's sign for each of C0 and DEL, e.g. `␛`; the number for all others. */
function picture(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '␡' : `\\u${code.toString(16).padStart(4, '0')}`;
}
