// Bytes as ASCII text with seven bits to a character, in the place of base64's six: a seventh more, and not a third.
//
// The lower seven bits of each byte are its character. The eighth bits come before all of them, in groups of 28: four
// characters have those of 28 bytes. So both ways work on words of four bytes, and take no longer than base64
// (docs/benchmarks-packing.md).

const groupBytes = 28;
const high = 0x80808080;

/** Returns a text of any of the 128 characters of ASCII, four for each 28 bytes begun longer than `bytes`. */
export function toSeptets(bytes: Uint8Array): string {
  const groups = Math.ceil(bytes.length / groupBytes);
  const words = new Uint32Array(groups * 8);
  const buffer = Buffer.from(words.buffer);
  buffer.set(bytes, groups * 4);
  let word = groups;
  for (let group = 0; group < groups; group += 1) {
    let highs = 0;
    for (let shift = 1; shift < 8; shift += 1) {
      const four = words[word] as number;
      highs |= (four & high) >>> shift;
      words[word] = four & ~high;
      word += 1;
    }
    words[group] = highs;
  }
  return buffer.toString('latin1', 0, groups * 4 + bytes.length);
}

/** The bytes of a text that {@link toSeptets} makes; undefined for any other. */
export function fromSeptets(text: string): Buffer | undefined {
  const groups = Math.ceil(text.length / (groupBytes + 4));
  const words = new Uint32Array(groups * 8);
  const buffer = Buffer.from(words.buffer);
  // What is not ASCII takes more bytes than characters, or has a highest bit.
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
  // The last group has a byte at least, and no bit where there is no byte: one text only stands for the bytes.
  const isWhole = end === 0 || end > groups * 4 + (groups - 1) * groupBytes;
  if (seen & high || !isWhole || buffer.subarray(end).some((byte) => byte !== 0)) return undefined;
  return buffer.subarray(groups * 4, end);
}
