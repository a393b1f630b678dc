// Bytes as ASCII text with seven bits per character instead of base64's six: a seventh larger, not a third.
//
// The lower seven bits of each byte are its character. The eighth bits precede them all, in groups of 28: four characters
// hold those of 28 bytes. So both directions work on words of four bytes, and take no longer than base64
// (docs/benchmarks-packing.md).

const groupBytes = 28;
const high = 0x80808080;

/** Returns a text of ASCII's 128 characters; it is four longer than `bytes` for every 28 bytes begun. */
export function toSeptets(bytes: Uint8Array): string {
  return septetBytes('', bytes).toString('latin1');
}

/** The same as bytes, after a prefix of ASCII characters: what is posted need not become a string, and bytes again. */
export function septetBytes(prefix: string, bytes: Uint8Array): Buffer {
  const groups = Math.ceil(bytes.length / groupBytes);
  const prefixWords = Math.ceil(prefix.length / 4);
  const words = new Uint32Array(prefixWords + groups * 8);
  const buffer = Buffer.from(words.buffer);
  const start = prefixWords * 4 - prefix.length;
  buffer.write(prefix, start, 'latin1');
  buffer.set(bytes, (prefixWords + groups) * 4);
  let word = prefixWords + groups;
  for (let group = prefixWords; group < prefixWords + groups; group += 1) {
    let highs = 0;
    for (let shift = 1; shift < 8; shift += 1) {
      const four = words[word] as number;
      highs |= (four & high) >>> shift;
      words[word] = four & ~high;
      word += 1;
    }
    words[group] = highs;
  }
  return buffer.subarray(start, (prefixWords + groups) * 4 + bytes.length);
}

/** The bytes of a text written by {@link toSeptets}; undefined for any other. */
export function fromSeptets(text: string): Buffer | undefined {
  const groups = Math.ceil(text.length / (groupBytes + 4));
  const words = new Uint32Array(groups * 8);
  const buffer = Buffer.from(words.buffer);
  // Text that is not ASCII takes more bytes than characters, or has a highest bit set.
  let seen = buffer.write(text) === text.length ? 0 : high;
  let word = groups;
  for (let group = 0; group < groups; group += 1) {
    const highs = words[group] as number;
    seen |= highs;
    for (let shift = 1; shift < 8; shift += 1) {
      const four = words[word] as number;
      seen |= four;
      words[word] = four | ((highs << shift) & high);
      word += 1;
    }
  }
  const end = text.length;
  // The last group has at least one byte, and no bit beyond the bytes: each byte sequence has exactly one text.
  const isWhole = end === 0 || end > groups * 4 + (groups - 1) * groupBytes;
  if (seen & high || !isWhole || buffer.subarray(end).some((byte) => byte !== 0)) return undefined;
  return buffer.subarray(groups * 4, end);
}
