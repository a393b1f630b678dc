// Writes livectl.schema.json, which editors use for livectl.json, from the schema that livectl itself checks with.
//   node scripts/schema.mjs            writes the file
//   node scripts/schema.mjs --check    fails if the file differs from that
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toJsonSchema } from '@valibot/to-json-schema';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const file = join(root, 'livectl.schema.json');

// Node 20 can't import TypeScript.
const bundle = await build({
  entryPoints: [join(root, 'cli/src/manifest/manifest-schema.ts')],
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
});
const code = Buffer.from(bundle.outputFiles[0].contents).toString('base64');
const { manifestSchema } = await import(`data:text/javascript;base64,${code}`);
const schema = toJsonSchema(manifestSchema, {
  typeMode: 'input',
  errorMode: 'throw',
  // Checks by livectl's own functions, which a schema can't express.
  ignoreActions: ['check'],
});
const wanted = formatted(JSON.stringify(schema, null, 2));

if (!process.argv.includes('--check')) {
  await writeFile(file, wanted);
} else if ((await readFile(file, 'utf8').catch(() => '')) !== wanted) {
  process.stderr.write('livectl.schema.json is stale: run node scripts/schema.mjs\n');
  process.exitCode = 1;
}

/** JSON in the formatter's layout. @param {string} json */
function formatted(json) {
  const biome = join(root, 'node_modules/.bin/biome');
  return execFileSync(biome, ['format', '--stdin-file-path=livectl.schema.json'], {
    cwd: root,
    input: json,
  }).toString();
}
