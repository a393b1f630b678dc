// Packs the built page of the inspector into one text, which the CLI carries and unpacks at the first request for it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const files = ['index.html', 'app.js', 'app.css'];

/**
 * The files by name as JSON, together, since brotli finds what they share; in base64, since esbuild writes text.
 * @param {string} folder
 * @returns {Promise<string>}
 */
export async function packInspectorPage(folder) {
  const texts = await Promise.all(
    files.map(async (name) => [name, await readFile(join(folder, name), 'utf8')]),
  );
  const json = Buffer.from(JSON.stringify(Object.fromEntries(texts)));
  return brotliCompressSync(json, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: json.length,
    },
  }).toString('base64');
}
