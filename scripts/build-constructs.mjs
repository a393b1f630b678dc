// Builds the CDKTF construct: JavaScript and declarations into dist/cdktf/, and the same for CDK Terrain, the successor
// of CDKTF with the same classes, into dist/cdktn/.
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** @param {string} root @param {string} dist */
export async function buildConstructs(root, dist) {
  const folder = join(dist, 'cdktf');
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', 'terraform/cdktf', '--outDir', folder], {
    cwd: root,
    stdio: 'inherit',
  });
  await mkdir(join(dist, 'cdktn'), { recursive: true });
  for (const file of await readdir(folder)) {
    const text = await readFile(join(folder, file), 'utf8');
    // The compiler keeps the source files' names in declarations, which not every version of it resolves.
    const built = text.replaceAll(/(['"]\.\/\w+)\.cts(['"])/g, '$1.cjs$2');
    await writeFile(join(folder, file), built);
    await writeFile(join(dist, 'cdktn', file), built.replaceAll(/(['"])cdktf\1/g, '$1cdktn$1'));
  }
}
