// Writes two files about the fields of the variable `functions` in the Terraform module `functions`, from variables.tf:
// their names (fields.json), and the check of those that are numbers (numbers.tf).
//   node scripts/terraform-fields.mjs            writes both
//   node scripts/terraform-fields.mjs --check    fails if they differ from that
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { argument, blocks } from './terraform-blocks.mjs';
import { parseType } from './terraform-type.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'terraform/modules/live-debug/modules/functions');

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
const fields = formatted(JSON.stringify(Object.fromEntries(fieldsOf(type.of, ''))));

/**
 * The paths of the fields that are numbers, those of the functions themselves without a dot.
 * @param {Type} type @param {string} path @returns {string[]}
 */
function numbersOf(type, path) {
  if (type.kind === 'number') return [path];
  if (type.kind !== 'object') return [];
  return type.fields.flatMap((field) =>
    numbersOf(field.type, path === '' ? field.name : `${path}.${field.name}`),
  );
}

/** Checks the value before its conversion, whose own error names neither the function nor the field. */
function numberRules() {
  const numbers = numbersOf(type.kind === 'map' ? type.of : type, '');
  const width = Math.max(...numbers.map((path) => path.length));
  const checks = numbers.map((path) => {
    const key = `"${path}"`.padEnd(width + 2);
    return `    ${key} = can(tonumber(try(f.${path}, null)))`;
  });
  return `# Generated from variables.tf by scripts/terraform-fields.mjs.

locals {
  # Terraform's own error names neither the function nor the field. It ends the conversion, so these can't refer to functions.
  number_type_mistakes = flatten([for name, f in var.given : [for field, ok in {
${checks.join('\n')}
  } : "functions[\\"\${name}\\"].\${field} must be a number." if !ok]])
}
`;
}

/** JSON in the formatter's layout. @param {string} json */
function formatted(json) {
  const biome = join(root, 'node_modules/.bin/biome');
  const options = { cwd: root, input: json };
  return execFileSync(biome, ['format', '--stdin-file-path=fields.json'], options).toString();
}

for (const [name, wanted] of /** @type {const} */ ([
  ['fields.json', fields],
  ['numbers.tf', numberRules()],
])) {
  const target = join(folder, name);
  if (!process.argv.includes('--check')) {
    await writeFile(target, wanted);
  } else if ((await readFile(target, 'utf8').catch(() => '')) !== wanted) {
    process.stderr.write(`${name} is stale: run node scripts/terraform-fields.mjs\n`);
    process.exitCode = 1;
  }
}
