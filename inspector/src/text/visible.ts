// Inspector page: characters that a browser obeys instead of showing become visible signs, since texts are from elsewhere.

/** A stretch of a text: as it is, or one character that needs a sign. */
export type TextPart =
  | { readonly kind: 'plain'; readonly text: string }
  | { readonly kind: 'sign'; readonly text: string; readonly name: string };

/**
 * C0 without line feed, DEL, C1, soft hyphen, Unicode's Bidi_Control (CVE-2021-42574), spaces and separators without width,
 * interlinear marks, tags, and surrogates without their other half. Joiners (U+200C, U+200D) stay: emoji and scripts need them.
 */
const obeyed =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this file is about.
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

export function textParts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const { 0: character, index } of text.matchAll(obeyed)) {
    if (index > from) parts.push({ kind: 'plain', text: text.slice(from, index) });
    parts.push(sign(character));
    from = index + character.length;
  }
  if (from < text.length) parts.push({ kind: 'plain', text: text.slice(from) });
  return parts;
}

/** The same as one text, for places that take no elements: titles, labels, options. */
export function visibleText(text: string): string {
  return textParts(text)
    .map((part) => part.text)
    .join('');
}

const names: Readonly<Record<number, string>> = {
  9: 'tab',
  13: 'carriage return',
  27: 'escape',
  173: 'soft hyphen',
  8203: 'zero width space',
  8206: 'left-to-right mark',
  8207: 'right-to-left mark',
  8234: 'left-to-right embedding',
  8235: 'right-to-left embedding',
  8236: 'end of embedding',
  8237: 'left-to-right override',
  8238: 'right-to-left override',
  8294: 'left-to-right isolate',
  8295: 'right-to-left isolate',
  8296: 'first strong isolate',
  8297: 'end of isolate',
  65279: 'byte order mark',
};

function sign(character: string): TextPart {
  const code = character.codePointAt(0) ?? 0;
  const number = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  const name = names[code] ? `${number} ${names[code]}` : number;
  return { kind: 'sign', text: picture(code) ?? `<${number}>`, name };
}

/** C0 by their abbreviations: few fonts have Unicode's pictures of them. */
const abbreviations =
  'NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US';

function picture(code: number): string | undefined {
  if (code === 9) return '→';
  if (code < 0x20) return `<${abbreviations.split(' ')[code]}>`;
  return code === 0x7f ? '<DEL>' : undefined;
}
