// Writes the props of the CDKTF construct, terraform/cdktf/variables.cts, from the Terraform module's variables.tf and
// outputs.tf, and the type of its functions in modules/functions/variables.tf.
//   node scripts/cdktf-construct.mjs            writes it
//   node scripts/cdktf-construct.mjs --check    fails if the file differs from that
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { argument, blocks, description } from './terraform-blocks.mjs';
import { parseType } from './terraform-type.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const module = join(root, 'terraform/modules/live-debug');
const target = join(root, 'terraform/cdktf/variables.cts');

/** @typedef {import('./terraform-type.mjs').Type} Type */
/** @typedef {Extract<Type, { kind: 'object' }>} ObjectType */

/** `allow_protected_stage` as `allowProtectedStage`. @param {string} name */
function camelCase(name) {
  return name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
}

/** The name of the interface for a variable's object, or for the objects in its map. @param {string} variable @param {Type} type */
function interfaceName(variable, type) {
  const name = camelCase(`_${variable}`);
  return `LiveDebug${type.kind === 'map' ? name.replace(/s$/, '') : name}`;
}

/**
 * Strings, numbers, and their lists and maps can carry tokens; other types must declare that.
 * @param {Type} type @param {string} indent @param {string} [named] the interface to write for an object
 * @returns {string}
 */
function typeScript(type, indent, named) {
  switch (type.kind) {
    case 'string':
    case 'number':
      return type.kind;
    case 'bool':
      return 'boolean | IResolvable';
    case 'list':
      return `readonly ${typeScript(type.of, indent)}[]`;
    case 'map': {
      const map = `Readonly<Record<string, ${typeScript(type.of, indent, named)}>>`;
      return type.of.kind === 'object' ? `${map} | IResolvable` : map;
    }
    case 'object':
      return named ?? `{\n${fields(type, `${indent}  `)}${indent}}`;
  }
}

/** @param {ObjectType} type @param {string} indent */
function fields(type, indent) {
  return type.fields
    .map(({ name, type: of, optional, byDefault, comment }) => {
      const doc = comment === undefined ? '' : docComment(comment, byDefault, indent);
      return `${doc}${indent}readonly ${name}${optional ? '?' : ''}: ${typeScript(of, indent)};\n`;
    })
    .join('');
}

/** @param {string} text @param {string | undefined} byDefault @param {string} indent */
function docComment(text, byDefault, indent) {
  const known = byDefault !== undefined && byDefault !== 'null';
  const words = `${text}${known ? ` Default: \`${byDefault}\`.` : ''}`.replaceAll('*/', '*\\/').split(' ');
  const lines = [''];
  for (const word of words) {
    const last = lines[lines.length - 1] ?? '';
    if (last !== '' && indent.length + last.length + word.length > 105) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}

/** @param {string} variablesTf @param {string} outputsTf @param {string} typesTf has the types of what is any there */
function source(variablesTf, outputsTf, typesTf) {
  const types = new Map(blocks(typesTf, 'variable').map(({ body, name }) => [name, argument(body, 'type')]));
  const typeOf = (/** @type {{ name: string, body: string }} */ { body, name }) => {
    const type = argument(body, 'type') ?? '';
    return type === 'any' ? (types.get(name) ?? type) : type;
  };
  const variables = blocks(variablesTf, 'variable').map((block) => ({
    name: block.name,
    text: description(block),
    type: parseType(typeOf(block)),
    byDefault: argument(block.body, 'default'),
  }));
  const interfaces = [];
  const props = [];
  for (const { name, text, type, byDefault } of variables) {
    const object = type.kind === 'map' ? type.of : type;
    const named = object.kind === 'object' ? interfaceName(name, type) : undefined;
    if (named !== undefined && object.kind === 'object') {
      const what = type.kind === 'map' ? 'One of the' : 'The';
      interfaces.push(
        `/** ${what} \`${name}\`, in the module's own field names. */\nexport interface ${named} {\n${fields(object, '  ')}}\n`,
      );
    }
    const optional = byDefault === undefined ? '' : '?';
    const tokens = type.kind === 'object' ? ' | IResolvable' : '';
    props.push(
      `${docComment(text, byDefault, '  ')}  readonly ${camelCase(name)}${optional}: ${typeScript(type, '  ', named)}${tokens};\n`,
    );
  }
  const outputs = blocks(outputsTf, 'output').map(
    (block) =>
      `${docComment(description(block), undefined, '  ')}  readonly ${camelCase(block.name)}: unknown;\n`,
  );
  const assigned = variables.map(({ name }) => `    ${name}: props.${camelCase(name)},\n`);
  return `// What the Terraform module takes and gives, typed for the construct. Generated from its variables.tf and outputs.tf by
// scripts/cdktf-construct.mjs: edit those.
import type { IResolvable } from 'cdktf';

${interfaces.join('\n')}
/** The module's variables. */
export interface LiveDebugVariables {
${props.join('')}}

/** The module's outputs. */
export interface LiveDebugOutputs {
${outputs.join('')}}

/** The variables by the module's own names. */
export function variablesOf(props: LiveDebugVariables): Record<string, unknown> {
  return {
${assigned.join('')}  };
}
`;
}

const wanted = formatted(
  source(
    await readFile(join(module, 'variables.tf'), 'utf8'),
    await readFile(join(module, 'outputs.tf'), 'utf8'),
    await readFile(join(module, 'modules/functions/variables.tf'), 'utf8'),
  ),
);

if (!process.argv.includes('--check')) {
  await writeFile(target, wanted);
} else if ((await readFile(target, 'utf8')) !== wanted) {
  process.stderr.write('terraform/cdktf/variables.cts is stale: run node scripts/cdktf-construct.mjs\n');
  process.exitCode = 1;
}

/** TypeScript in the formatter's layout, which breaks long types. @param {string} code */
function formatted(code) {
  const biome = join(root, 'node_modules/.bin/biome');
  const options = { cwd: root, input: code };
  return execFileSync(biome, ['format', '--stdin-file-path=variables.cts'], options).toString();
}
