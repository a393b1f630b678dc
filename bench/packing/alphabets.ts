// Ways to write bytes as text: the one that livectl uses, and those it was compared with, each written for speed.
import { fromSeptets, toSeptets } from '../../protocol/septets.ts';

/** One way there and back. */
export interface Alphabet {
  readonly name: string;
  readonly write: (bytes: Buffer) => string;
  readonly read: (text: string) => Buffer | undefined;
}

export const alphabets: readonly Alphabet[] = [
  {
    name: 'base64, which must be the only text for its bytes',
    write: (bytes) => bytes.toString('base64'),
    read: (text) => {
      const bytes = Buffer.from(text, 'base64');
      return bytes.toString('base64') === text ? bytes : undefined;
    },
  },
  { name: 'Z85 (85 printable characters, 4 bytes in 5)', write: toZ85, read: fromZ85 },
  { name: '91 printable characters, 13 bits in 2', write: toPairs, read: fromPairs },
  { name: '7 bits to a character, 6 of them escaped (as base-122)', write: toEscaped, read: fromEscaped },
  { name: '7 bits to a character, none escaped: `bits7`', write: toSeptets, read: fromSeptets },
];

const z85 = Buffer.from(
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#',
);
const z85Values = valuesOf(z85);

function toZ85(bytes: Buffer): string {
  const text = Buffer.alloc((bytes.length / 4) * 5);
  for (let from = 0, to = 0; from < bytes.length; from += 4, to += 5) {
    let rest = bytes.readUInt32BE(from);
    for (let at = to + 4; at >= to; at -= 1) {
      const next = Math.floor(rest / 85);
      text[at] = z85[rest - next * 85] as number;
      rest = next;
    }
  }
  return text.toString('latin1');
}

function fromZ85(text: string): Buffer {
  const characters = Buffer.from(text);
  const bytes = Buffer.alloc((characters.length / 5) * 4);
  const value = (at: number) => z85Values[characters[at] as number] as number;
  for (let from = 0, to = 0; from < characters.length; from += 5, to += 4) {
    const high = value(from) * 85 ** 4 + value(from + 1) * 85 ** 3;
    bytes.writeUInt32BE(high + value(from + 2) * 85 ** 2 + value(from + 3) * 85 + value(from + 4), to);
  }
  return bytes;
}

/** ASCII from `!` to `~` but for both quotes and the backslash. */
const printable = Buffer.from(Array.from({ length: 94 }, (_, index) => index + 33)).filter(
  (code) => ![0x22, 0x27, 0x5c].includes(code),
);
const printableValues = valuesOf(printable);
const pairs = Uint16Array.from({ length: 8192 }, (_, index) => {
  const [first, second] = [printable[Math.floor(index / 91)] as number, printable[index % 91] as number];
  return first | (second << 8);
});

function toPairs(bytes: Buffer): string {
  const text = new Uint16Array(Math.ceil((bytes.length * 8) / 13));
  let [held, bits, to] = [0, 0, 0];
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0x1fffff;
    bits += 8;
    if (bits < 13) continue;
    bits -= 13;
    text[to++] = pairs[(held >>> bits) & 8191] as number;
  }
  if (bits > 0) text[to] = pairs[(held << (13 - bits)) & 8191] as number;
  return Buffer.from(text.buffer).toString('latin1');
}

function fromPairs(text: string): Buffer {
  const characters = Buffer.from(text);
  const bytes = Buffer.alloc(Math.floor((characters.length / 2) * (13 / 8)));
  let [held, bits, to] = [0, 0, 0];
  for (let from = 0; from < characters.length; from += 2) {
    const first = printableValues[characters[from] as number] as number;
    held =
      ((held << 13) | (first * 91 + (printableValues[characters[from + 1] as number] as number))) & 0x1fffff;
    bits += 13;
    for (; bits >= 8 && to < bytes.length; to += 1) {
      bits -= 8;
      bytes[to] = held >>> bits;
    }
  }
  return bytes;
}

/** NUL, line ends, quote, ampersand and backslash: two bytes of UTF-8 stand for each of them and the seven bits after it. */
const escaped = [0, 10, 13, 34, 38, 92];
const escapes = new Int8Array(128).fill(-1);
for (const [index, code] of escaped.entries()) escapes[code] = index;
/** Nothing follows it. */
const last = 7;

function toEscaped(bytes: Buffer): string {
  const text = Buffer.alloc(Math.ceil(bytes.length * 1.3) + 16);
  let [held, bits, from, to] = [0, 0, 0, 0];
  const next = () => {
    if (bits < 7) {
      if (from >= bytes.length) {
        const rest = bits === 0 ? -1 : (held << (7 - bits)) & 127;
        bits = 0;
        return rest;
      }
      held = ((held << 8) | (bytes[from++] as number)) & 0xffff;
      bits += 8;
    }
    bits -= 7;
    return (held >>> bits) & 127;
  };
  for (let seven = next(); seven >= 0; seven = next()) {
    const illegal = escapes[seven] as number;
    if (illegal < 0) {
      text[to++] = seven;
      continue;
    }
    const after = next();
    const [index, value] = after < 0 ? [last, seven] : [illegal, after];
    text[to++] = 0xc2 | (index << 2) | (value >>> 6);
    text[to++] = 0x80 | (value & 63);
  }
  return text.toString('utf8', 0, to);
}

function fromEscaped(text: string): Buffer {
  const characters = Buffer.from(text);
  const bytes = Buffer.alloc(characters.length);
  let [held, bits, to] = [0, 0, 0];
  const put = (seven: number) => {
    held = ((held << 7) | seven) & 0x7fff;
    bits += 7;
    if (bits < 8) return;
    bits -= 8;
    bytes[to++] = held >>> bits;
  };
  for (let from = 0; from < characters.length; from += 1) {
    const character = characters[from] as number;
    if (character < 128) {
      put(character);
      continue;
    }
    const index = (character >>> 2) & 7;
    from += 1;
    const value = ((character & 1) << 6) | ((characters[from] as number) & 63);
    if (index !== last) put(escaped[index] as number);
    put(value);
  }
  return bytes.subarray(0, to);
}

function valuesOf(characters: Uint8Array): Uint8Array {
  const values = new Uint8Array(128);
  for (const [value, code] of characters.entries()) values[code] = value;
  return values;
}
