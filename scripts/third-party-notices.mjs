// Collects the licence texts of every package whose code a bundle carries.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * @param {string} root the repository
 * @param {readonly { metafile?: import('esbuild').Metafile }[]} builds
 * @returns {Promise<string>}
 */
export async function thirdPartyNotices(root, builds) {
  const folders = new Set();
  for (const { metafile } of builds) {
    for (const input of Object.keys(metafile?.inputs ?? {})) {
      const match = /^(?:.*node_modules\/)(?:@[^/]+\/)?[^/]+/.exec(input);
      if (match) folders.add(match[0]);
    }
  }
  const notices = [];
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'));
    const file = (await readdir(join(root, folder))).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? await readFile(join(root, folder, file), 'utf8') : `Licensed under ${license}.`;
    notices.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  return `livectl contains code of these packages.\n\n${notices.join(`\n${'-'.repeat(72)}\n\n`)}`;
}
