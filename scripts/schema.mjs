// Writes livectl.schema.json, which editors use for livectl.json, from the schema that livectl itself checks with.
//   node scripts/schema.mjs            writes the file
//   node scripts/schema.mjs --check    fails when the file is not what it would write
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toJsonSchema } from '@valibot/to-json-schema';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const file = join(root, 'livectl.schema.json');

// Node 20 imports no TypeScript.
const bundle = await build({
  entryPoints: [join(root, 'cli/src/manifest/manifest-schema.ts')],
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
});
const code = Buffer.from(bundle.outputFiles[0].contents).toString('base64');
const { manifestSchema } = await import(`data:text/javascript;base64,${code}`);
const wanted = `${JSON.stringify(toJsonSchema(manifestSchema, { typeMode: 'input', errorMode: 'throw' }), null, 2)}\n`;

if (!process.argv.includes('--check')) {
  await writeFile(file, wanted);
} else if ((await readFile(file, 'utf8').catch(() => '')) !== wanted) {
  process.stderr.write('livectl.schema.json is stale: run node scripts/schema.mjs\n');
  process.exitCode = 1;
}
