// Writes the tables of inputs and outputs in the Terraform modules' READMEs, from variables.tf and outputs.tf.
//   node scripts/terraform-docs.mjs            writes them between their markers
//   node scripts/terraform-docs.mjs --check    fails if they differ from that
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { argument, blocks, description } from './terraform-blocks.mjs';
import { parseType } from './terraform-type.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = ['terraform/modules/live-debug', 'terraform/modules/live-debug/modules/client-vpn'];

/** On one line, as a reader would write it. @param {string} expression */
function oneLine(expression) {
  const commentless = expression.replace(/^\s*#.*\n/gm, '').trim();
  return commentless
    .replace(/\n\s*(?=\})/g, ' ')
    .replace(/\{\s*\n\s*/g, '{ ')
    .replace(/\n\s*/g, ', ')
    .replace(/ +=/g, ' =');
}

/** The arguments of a call; commas within brackets do not separate them. @param {string} text */
function topLevelArguments(text) {
  const found = [''];
  let depth = 0;
  for (const character of text) {
    if ('([{'.includes(character)) depth += 1;
    if (')]}'.includes(character)) depth -= 1;
    if (character === ',' && depth === 0) found.push('');
    else found[found.length - 1] += character;
  }
  return found.map((one) => one.trim());
}

/** @param {readonly string[]} headings @param {readonly (readonly string[])[]} rows */
function table(headings, rows) {
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(headings), `|${headings.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

/** @param {string | undefined} text */
const code = (text) => (text === undefined ? '' : `\`${text}\``);

/** @param {string} variables */
function inputs(variables) {
  const rows = blocks(variables, 'variable').map((block) => {
    const type = block.name === 'functions' ? 'map(object)' : oneLine(argument(block.body, 'type') ?? 'any');
    const byDefault = argument(block.body, 'default');
    return [
      code(block.name),
      code(type),
      byDefault === undefined ? 'required' : code(oneLine(byDefault)),
      description(block),
    ];
  });
  return table(['input', 'type', 'default', 'description'], rows);
}

/** The module that declares the type of `functions`; the input's own type is any. */
const functionsModule = 'terraform/modules/live-debug/modules/functions';

/** @param {string} variables */
function typeOfFunctions(variables) {
  return argument(blocks(variables, 'variable').find(({ name }) => name === 'functions')?.body ?? '', 'type');
}

/** The fields of one function: each a comment and a type. @param {string} variables */
function functionFields(variables) {
  const type = typeOfFunctions(variables);
  const fields = [
    ...(type ?? '').matchAll(/^((?: {4}# .*\n)+) {4}(\w+) += ([\s\S]*?)(?=\n {4}#|\n {2}\})/gm),
  ];
  if (fields.length === 0) throw new Error('the fields of functions were not found');
  const rows = fields.map(([, comment = '', name = '', expression = '']) => {
    const text = comment.replace(/^ *# /gm, '').trim().replaceAll('\n', ' ');
    const optional = /^optional\(([\s\S]*)\)$/.exec(expression);
    if (!optional) return [code(name), code(expression), 'required', text];
    const [kind = '', byDefault] = topLevelArguments(oneLine(optional[1] ?? ''));
    // It has its own table.
    if (name === 'triggers') return [code(name), code('object'), code(byDefault ?? 'null'), text];
    return [code(name), code(kind), code(byDefault ?? 'null'), text];
  });
  return table(['field', 'type', 'default', 'description'], rows);
}

/** The fields of `triggers` as `sns.topic_arn`, a source itself as `sns`. @param {string} variables */
function triggerFields(variables) {
  const functions = parseType(typeOfFunctions(variables) ?? '');
  const one = functions.kind === 'map' ? functions.of : functions;
  const triggers = one.kind === 'object' && one.fields.find(({ name }) => name === 'triggers')?.type;
  if (triggers?.kind !== 'object') throw new Error('the fields of triggers were not found');
  const rows = triggers.fields.flatMap(({ name: source, type, comment }) => {
    if (type.kind !== 'object') throw new Error(`triggers.${source} is not an object`);
    const fields = type.fields.map((field) => [
      code(`${source}.${field.name}`),
      code(typeName(field.type)),
      field.optional ? code(field.byDefault ?? 'null') : 'required',
      field.comment ?? '',
    ]);
    return [[code(source), code('object'), code('null'), comment ?? ''], ...fields];
  });
  return table(['field', 'type', 'default', 'description'], rows);
}

/** @param {import('./terraform-type.mjs').Type} type @returns {string} */
function typeName(type) {
  switch (type.kind) {
    case 'list':
    case 'map':
      return `${type.kind}(${typeName(type.of)})`;
    case 'object':
      return `object({ ${type.fields.map(({ name, type: of }) => `${name} = ${typeName(of)}`).join(', ')} })`;
    default:
      return type.kind;
  }
}

/** @param {string} outputs */
function outputTable(outputs) {
  const rows = blocks(outputs, 'output').map((block) => [code(block.name), description(block)]);
  return table(['output', 'description'], rows);
}

/** @param {string} module its folder, from the root */
async function bringUpToDate(module) {
  const readme = join(root, module, 'README.md');
  const variables = await readFile(join(root, module, 'variables.tf'), 'utf8');
  const outputs = await readFile(join(root, module, 'outputs.tf'), 'utf8');
  const typed = await readFile(join(root, functionsModule, 'variables.tf'), 'utf8');
  const written = await readFile(readme, 'utf8');
  const tables = {
    inputs: inputs(variables),
    ...(variables.includes('variable "functions"')
      ? { 'function fields': functionFields(typed), 'trigger fields': triggerFields(typed) }
      : {}),
    outputs: outputTable(outputs),
  };

  let wanted = written;
  for (const [name, text] of Object.entries(tables)) {
    const between = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- end of ${name} -->)`);
    if (!between.test(wanted)) throw new Error(`${module}/README.md has no markers for ${name}`);
    wanted = wanted.replace(between, (_, begin, end) => `${begin}\n${text}\n\n${end}`);
  }

  // Compared without the alignment that a formatter may have added to the columns.
  if (compact(written) === compact(wanted)) return;
  if (!process.argv.includes('--check')) {
    await writeFile(readme, wanted);
  } else {
    process.stderr.write(`${module}/README.md is stale: run node scripts/terraform-docs.mjs\n`);
    process.exitCode = 1;
  }
}

/** @param {string} text */
function compact(text) {
  return text.replace(/ +/g, ' ').replace(/\| ?-+ ?(?=\|)/g, '|---');
}

for (const module of modules) await bringUpToDate(module);
