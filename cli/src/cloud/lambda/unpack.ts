// The Lambda host: unpacks a deployment package.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { unzipSync } from 'fflate';
import { LiveDebugError } from '../../../../protocol/live-debug-error.ts';

/** Writes a zip's files below `folder`, for this user only; those named in `programs` are executable. */
export async function unpack(
  zip: Uint8Array,
  folder: string,
  programs: readonly string[] = [],
): Promise<void> {
  const root = resolve(folder);
  await mkdir(root, { recursive: true, mode: 0o700 });
  for (const [name, content] of Object.entries(unzipSync(zip))) {
    if (name.endsWith('/')) continue;
    const file = resolve(root, name);
    if (!file.startsWith(root + sep)) {
      throw new LiveDebugError('LD_INTERNAL', `A package has an entry outside of itself: ${name}`);
    }
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, content, { mode: programs.includes(name) ? 0o700 : 0o600 });
  }
}
