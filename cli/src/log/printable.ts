// What a terminal may be shown of texts that are not ours: lines and colours, nothing that moves the cursor.

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this file is about.
const colours = /\u001b\[[0-9;:]*m/g;

/** C0 without tab and line feed, DEL, C1, and the separators that some readers take for line ends. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g;

/**
 * The lines of a text from a function, a request or a file. A carriage return ends a line, as nothing may overwrite
 * what stands there already. With `colour` its own colours (SGR, ECMA-48 8.3.117) stay, and end with the line;
 * every other control character becomes a sign that can be seen.
 */
export function printableLines(text: string, colour: boolean): string[] {
  return text
    .replace(/\r+$/, '')
    .split(/\r\n|[\n\r]/)
    .map((line) => {
      const kept = colour ? (line.match(colours) ?? []) : [];
      const parts = line.split(colours).map((part) => part.replace(controls, picture));
      const shown = parts.map((part, index) => part + (kept[index] ?? '')).join('');
      return kept.length > 0 ? `${shown}\u001b[0m` : shown;
    });
}

/** The same on one line and without colours of its own: names, paths, reasons. */
export function printable(text: string): string {
  return printableLines(text, false).join('␊');
}

/** Unicode has a sign for each of C0 and DEL, e.g. `␛`; the others show their number. */
function picture(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '␡' : `\\u${code.toString(16).padStart(4, '0')}`;
}
