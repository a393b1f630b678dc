// Texts of an event in a command to paste into a POSIX shell.

/** One word. Nothing in it is expanded. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Bytes that come from stdin: no limit on their length, and nothing in them reaches the terminal that would be obeyed. */
export function piped(text: string, command: string): string {
  if (obeyed.test(text))
    return `printf %s ${base64Of(new TextEncoder().encode(text))} | base64 -d | ${command}`;
  return `printf %s ${shellWord(text)} | ${command}`;
}

/** Longer arguments are refused by Linux (MAX_ARG_STRLEN); `printf` is part of the shell. */
export const longestArgument = 100_000;

/** Must not be pasted: a terminal would obey them, or end the paste. */
export const obeyed =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/;

/** Without `Buffer`, which browsers lack. */
export function base64Of(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 8192)
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 8192)));
  return btoa(parts.join(''));
}
