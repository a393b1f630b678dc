// Extracts from provider versions the resource types that the Terraform code names, for a test without a provider.
//   node scripts/provider-schema.mjs                     rewrites every extract in terraform/test/provider-schema
//   node scripts/provider-schema.mjs @cdktn/provider-aws@25.7.0
//                                                        the same for one npm package: a new version, or a new type
// hashicorp/aws 6 is read from the bindings that npm has (40 MB each to download, 400 MB unpacked): they are generated
// from the provider's schema and carry its names, but not which are deprecated. The extract of 5.100.0 is from the
// provider itself (`terraform providers schema`), with deprecations; run it where terraform can install the provider.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { terraformFiles, usedTypes } from './terraform-uses.mjs';

/**
 * What can be written in a block and read from it. Names are one text, separated by spaces, to keep the files small.
 * @typedef {object} Block
 * @property {string} [arguments] without blocks below: can be set, and read
 * @property {string} [attributes] can only be read
 * @property {Record<string, Block>} [blocks] arguments that are blocks, and attributes that are objects
 * @property {string} [required] those of all these names that must be set
 * @property {string} [deprecated] those of all these names that the provider says are deprecated
 */

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'terraform/test/provider-schema');
const packages = ['@cdktf/provider-aws@21.22.1', '@cdktn/provider-aws@25.7.0'];
const provider = '5.100.0';

const types = [...(await usedTypes(terraformFiles(root)))].sort();
const wanted = process.argv[2];
for (const name of wanted ? [wanted] : packages) writeExtract(await ofPackage(name));
if (!wanted) writeExtract(ofProvider(provider));

/** @param {{ provider: string, source: object, types: Record<string, Block> }} extract */
function writeExtract(extract) {
  const file = join(folder, `aws-${extract.provider}.json`);
  writeFileSync(file, `${JSON.stringify(extract, null, 2)}\n`);
  // As `make check` wants it.
  execFileSync('biome', ['format', '--write', file], {
    cwd: root,
    env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` },
  });
}

/** @param {string} wantedPackage name and version, as npm takes it */
async function ofPackage(wantedPackage) {
  const temporary = mkdtempSync(join(tmpdir(), 'livectl-provider-schema-'));
  try {
    const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', temporary, wantedPackage], {
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
    });
    // npm 11 gives a list, npm 12 an object by name.
    const [{ name, version, integrity, filename }] = Object.values(JSON.parse(packed));
    const archive = join(temporary, filename.split('/').at(-1));
    // Only the folders of the types: the whole package is 400 MB.
    const folders = types.map((type) => `package/lib/${bindingFolder(type)}`);
    execFileSync('tar', ['-xzf', archive, '-C', temporary, ...folders]);
    const blocks = types.map((type) => {
      const text = readAll(join(temporary, 'package/lib', bindingFolder(type)), '.js');
      const required = requiredOf(readAll(join(temporary, 'package/lib', bindingFolder(type)), '.d.ts'));
      const kind = type.startsWith('data.') ? 'TerraformDataSource' : 'TerraformResource';
      return { type, text, block: blockOf(classesOf(text), required, kind) };
    });
    const versions = new Set(blocks.map(({ text }) => text.split("providerVersion: '")[1]?.split("'")[0]));
    const [providerVersion] = versions;
    if (versions.size !== 1 || !providerVersion)
      throw new Error(`${wantedPackage} names no single version of the provider`);
    return {
      provider: providerVersion,
      source: { package: name, version, integrity },
      types: Object.fromEntries(blocks.map(({ type, block }) => [type, block])),
    };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** `data.aws_vpc` is in `data-aws-vpc`, `aws_sqs_queue` in `sqs-queue`. @param {string} type */
function bindingFolder(type) {
  return (type.startsWith('data.') ? type.replace('.', '_') : type.replace('aws_', '')).replaceAll('_', '-');
}

/** All files of one kind: large types are in several. @param {string} where @param {string} ending @returns {string} */
function readAll(where, ending) {
  return readdirSync(where, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(where, name), 'utf8'))
    .join('\n');
}

/**
 * The generated classes by name. The provider's names are in the getters, `this.getStringAttribute('delay_seconds')`; a
 * block's is where the object of its own class is made, `this._environment = new …OutputReference(this, "environment")`.
 * What can be set has a setter, or `put…` if it is a block.
 * @param {string} text
 */
function classesOf(text) {
  /** @type {Map<string, { kind: string, names: Map<string, string>, holds: Map<string, string>, setters: Set<string>, item?: string }>} */
  const classes = new Map();
  let current;
  let getter = '';
  for (const line of text.split('\n')) {
    const opening = /^class (\w+) extends (?:\w+\.)?(\w+) \{$/.exec(line);
    if (opening) {
      const [, name = '', kind = ''] = opening;
      current = { kind, names: new Map(), holds: new Map(), setters: new Set() };
      classes.set(name, current);
      continue;
    }
    if (!current) continue;
    getter = /^ {4}get (\w+)\(\) \{$/.exec(line)?.[1] ?? getter;
    const read = /Attribute\('(\w+)'\)/.exec(line);
    if (read) current.names.set(read[1] ?? '', getter);
    const setter = /^ {4}(?:set |put)(\w+)\(/.exec(line);
    if (setter) current.setters.add(capital(setter[1] ?? ''));
    const made = /_(\w+) = new (?:\w+\.)?(\w+)\(this, ["'](\w+)["']/.exec(line);
    if (made) {
      const [, property = '', kind = '', name = ''] = made;
      current.names.set(name, property);
      current.holds.set(name, kind);
    }
    const item = /return new (?:\w+\.)?(\w+OutputReference)\(this\.terraformResource/.exec(line);
    if (item) current.item = item[1];
  }
  return classes;
}

/**
 * What must be set, by the interfaces of the arguments: `readonly role: string` without a question mark.
 * @param {string} text declarations
 */
function requiredOf(text) {
  /** @type {Map<string, Set<string>>} */
  const interfaces = new Map();
  let current;
  for (const line of text.split('\n')) {
    const opening = /^export interface (\w+) /.exec(line);
    if (opening) {
      current = new Set();
      interfaces.set(opening[1] ?? '', current);
    }
    const property = /^ {4}readonly (\w+): /.exec(line);
    if (property) current?.add(property[1] ?? '');
    if (line === '}') current = undefined;
  }
  return interfaces;
}

/** @param {string} name */
function capital(name) {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

/**
 * @param {ReturnType<typeof classesOf>} classes @param {ReturnType<typeof requiredOf>} interfaces
 * @param {string} start the kind of the resource, or a class's name
 */
function blockOf(classes, interfaces, start) {
  const [className, found] = [...classes].find(([name, { kind }]) => name === start || kind === start) ?? [];
  if (!className || !found) throw new Error(`the bindings have no class ${start}`);
  if (found.item) return blockOf(classes, interfaces, found.item);
  // A resource's arguments are in …Config, those of the block of …OutputReference in an interface without that word.
  const needed = interfaces.get(
    start === className ? className.replace(/OutputReference$/, '') : `${className}Config`,
  );
  /** @type {string[]} */ const required = [];
  /** @type {string[]} */ const settable = [];
  /** @type {string[]} */ const readable = [];
  /** @type {Record<string, Block>} */ const blocks = {};
  for (const [name, property] of found.names) {
    const holds = found.holds.get(name);
    if (needed?.has(property)) required.push(name);
    // Maps and lists of plain values are cdktf's own classes.
    if (holds && classes.has(holds)) blocks[name] = blockOf(classes, interfaces, holds);
    else (found.setters.has(capital(property)) ? settable : readable).push(name);
  }
  return blockWith(settable, readable, blocks, required, []);
}

/** @param {string} version of hashicorp/aws, which terraform must be able to install */
function ofProvider(version) {
  const temporary = mkdtempSync(join(tmpdir(), 'livectl-provider-schema-'));
  try {
    const required = { aws: { source: 'hashicorp/aws', version } };
    writeFileSync(
      join(temporary, 'main.tf.json'),
      JSON.stringify({ terraform: { required_providers: required } }),
    );
    const options = /** @type {const} */ ({ cwd: temporary, encoding: 'utf8', maxBuffer: 2 ** 30 });
    execFileSync('terraform', ['init', '-input=false', '-no-color'], options);
    const output = execFileSync('terraform', ['providers', 'schema', '-json'], options);
    const [schemas] = Object.values(JSON.parse(output).provider_schemas);
    const kept = types.map((type) => {
      const schema = type.startsWith('data.')
        ? schemas.data_source_schemas[type.slice('data.'.length)]
        : schemas.resource_schemas[type];
      if (!schema) throw new Error(`hashicorp/aws ${version} has no ${type}`);
      return [type, ofSchema(schema.block)];
    });
    return {
      provider: version,
      source: { command: 'terraform providers schema -json' },
      types: Object.fromEntries(kept),
    };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** A block of `terraform providers schema -json`. @param {any} block @returns {Block} */
function ofSchema({ attributes = {}, block_types = {} }) {
  /** @type {string[]} */ const settable = [];
  /** @type {string[]} */ const readable = [];
  /** @type {string[]} */ const required = [];
  /** @type {string[]} */ const deprecated = [];
  /** @type {Record<string, Block>} */ const blocks = {};
  for (const [name, attribute] of Object.entries(attributes)) {
    if (attribute.required) required.push(name);
    if (attribute.deprecated) deprecated.push(name);
    const fields = fieldsOf(attribute.type);
    if (fields) blocks[name] = fields;
    else (attribute.optional || attribute.required ? settable : readable).push(name);
  }
  for (const [name, { block, min_items }] of Object.entries(block_types)) {
    if (min_items > 0) required.push(name);
    if (block.deprecated) deprecated.push(name);
    blocks[name] = ofSchema(block);
  }
  return blockWith(settable, readable, blocks, required, deprecated);
}

/** The fields of an attribute whose type is an object or holds some: `["list", ["object", {…}]]`. @param {any} type */
function fieldsOf(type) {
  if (!Array.isArray(type)) return undefined;
  const [kind, inner] = type;
  if (kind !== 'object') return fieldsOf(inner);
  /** @type {Record<string, Block>} */ const blocks = {};
  /** @type {string[]} */ const plain = [];
  for (const [name, field] of Object.entries(inner)) {
    const fields = fieldsOf(field);
    if (fields) blocks[name] = fields;
    else plain.push(name);
  }
  return blockWith(plain, [], blocks, [], []);
}

/**
 * @param {string[]} settable @param {string[]} readable @param {Record<string, Block>} blocks
 * @param {string[]} required @param {string[]} deprecated @returns {Block}
 */
function blockWith(settable, readable, blocks, required, deprecated) {
  return {
    ...(settable.length > 0 && { arguments: settable.sort().join(' ') }),
    ...(readable.length > 0 && { attributes: readable.sort().join(' ') }),
    ...(Object.keys(blocks).length > 0 && { blocks: Object.fromEntries(Object.entries(blocks).sort()) }),
    ...(required.length > 0 && { required: required.sort().join(' ') }),
    ...(deprecated.length > 0 && { deprecated: deprecated.sort().join(' ') }),
  };
}
