// SHA256SUMS, as `sha256sum --check` reads it.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';

export const sumsFile = 'SHA256SUMS';

/** A file's line, with its line break. @param {string} file */
export async function checksumLine(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return `${hash.digest('hex')}  ${basename(file)}\n`;
}

/** The checksums by file name; throws at a line that is none. @param {string} text @returns {Map<string, string>} */
export function readSums(text) {
  const sums = new Map();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [sum = '', name = '', ...more] = line.split('  ');
    if (!/^[0-9a-f]{64}$/.test(sum) || name === '' || more.length > 0)
      throw new Error(`${sumsFile}: not a checksum and a file name: ${JSON.stringify(line)}`);
    sums.set(name, sum);
  }
  return sums;
}
