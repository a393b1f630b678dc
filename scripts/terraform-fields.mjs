// Writes the names of the fields of `functions`, fields.json of the Terraform module `functions`, from its variables.tf.
//   node scripts/terraform-fields.mjs            writes it
//   node scripts/terraform-fields.mjs --check    fails when it is not what it would write
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { argument, blocks } from './terraform-blocks.mjs';
import { parseType } from './terraform-type.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'terraform/modules/live-debug/modules/functions');
const target = join(folder, 'fields.json');

/** Objects that may be whole resources: `role = aws_iam_role.orders`. */
const resources = new Set(['role']);

/** @typedef {import('./terraform-type.mjs').Type} Type */

/**
 * The fields of an object and of those within it, each by its path.
 * @param {Type} type @param {string} path @returns {[string, string[]][]}
 */
function fieldsOf(type, path) {
  if (type.kind !== 'object') return [];
  const inner = type.fields.flatMap((field) => {
    const fieldPath = path === '' ? field.name : `${path}.${field.name}`;
    return resources.has(fieldPath) ? [] : fieldsOf(field.type, fieldPath);
  });
  return [[path, type.fields.map(({ name }) => name)], ...inner];
}

const [functions] = blocks(await readFile(join(folder, 'variables.tf'), 'utf8'), 'variable');
const type = parseType(argument(functions?.body ?? '', 'type') ?? '');
if (type.kind !== 'map') throw new Error('the type of functions is not a map');
const wanted = formatted(JSON.stringify(Object.fromEntries(fieldsOf(type.of, ''))));

/** As the formatter wants it. @param {string} json */
function formatted(json) {
  const biome = join(root, 'node_modules/.bin/biome');
  const options = { cwd: root, input: json };
  return execFileSync(biome, ['format', '--stdin-file-path=fields.json'], options).toString();
}

if (!process.argv.includes('--check')) {
  await writeFile(target, wanted);
} else if ((await readFile(target, 'utf8').catch(() => '')) !== wanted) {
  process.stderr.write('fields.json is stale: run node scripts/terraform-fields.mjs\n');
  process.exitCode = 1;
}
