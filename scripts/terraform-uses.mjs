// Reads which resource types, arguments and attributes of hashicorp/aws the Terraform code of this repository uses, with
// HashiCorp's own parser (as WebAssembly in @cdktn/hcl2json). See provider-schema.mjs for what the provider must have.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

// Not imported, since its types would add those of a browser to every file that is checked with this one.
const load = createRequire(import.meta.url);
/** @type {{ parse(file: string, text: string): Promise<any>, getExpressionAst(file: string, text: string): Promise<any> }} */
const { parse, getExpressionAst } = load('@cdktn/hcl2json');

/**
 * A name that the code sets or reads.
 * @typedef {object} Use
 * @property {string} file below the root that was given
 * @property {string} where the block that uses it: `aws_sqs_queue.trigger`, `locals`, `output.relay`
 * @property {string} type `aws_sqs_queue` or `data.aws_vpc`
 * @property {'set' | 'read'} how
 * @property {readonly string[]} [names] of a block or a whole resource: the names that it sets
 * @property {readonly string[]} path below the type, blocks first: `["environment", "variables"]`; empty for the type itself
 */

/** What an expression stands for: a resource, several of one type, or a part of them. @typedef {{ type: string, path: string[] }} Target */
/** Names that are in scope of an expression besides resources and locals. @typedef {Record<string, Target | undefined>} Scope */

/** Arguments of every resource, whatever its provider. */
const metaArguments = new Set([
  'count',
  'for_each',
  'provider',
  'depends_on',
  'lifecycle',
  'provisioner',
  'connection',
]);

/** Functions that return parts of their arguments. */
const passing = new Set(
  'coalesce concat distinct element flatten lookup merge one reverse slice tolist tomap toset try values'.split(
    ' ',
  ),
);

/** Ends a text that is parsed as a template; it occurs nowhere in the code. */
const textEnd = 'END_OF_TEXT';

/** Every .tf file of module and examples. @param {string} root of the repository @returns {string[]} */
export function terraformFiles(root) {
  return ['terraform/modules', 'examples'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.tf') && !/(^|[\\/])(node_modules|\.terraform)[\\/]/.test(name))
      .map((name) => join(root, folder, name))
      .sort(),
  );
}

/** The types that the code declares or reads, data sources as `data.aws_vpc`. @param {string[]} files */
export async function usedTypes(files) {
  return new Set((await uses('/', files)).map(({ type }) => type));
}

/**
 * Everything that the files use, file by file. References are followed through locals, `each.value`, `for` and splats, but not
 * through an object that holds a resource under a name, nor into another module.
 * @param {string} root what `file` is relative to @param {string[]} files @returns {Promise<Use[]>}
 */
export async function uses(root, files) {
  /** @type {Map<string, { file: string, body: any }[]>} one module is the files of one folder */
  const modules = new Map();
  for (const file of files) {
    const body = await parse(file, readFileSync(file, 'utf8'));
    modules.set(dirname(file), [...(modules.get(dirname(file)) ?? []), { file: relative(root, file), body }]);
  }
  const found = [];
  for (const parsed of modules.values()) found.push(...(await new Module(parsed).uses()));
  return found;
}

class Module {
  /** @type {Use[]} */ #found = [];
  /** @type {Map<string, Promise<Target | undefined>>} what the locals stand for */ #locals = new Map();
  #place = { file: '', where: '' };
  /** @type {Record<string, unknown>} */ #values;
  /** A text that can reach a resource contains one of these words; parsing the others would take most of the time. */ #signs;

  /** @param {{ file: string, body: any }[]} files */
  constructor(files) {
    this.files = files;
    this.#values = Object.assign({}, ...files.flatMap(({ body }) => body.locals ?? []));
    this.#signs = signs(this.#values);
  }

  async uses() {
    for (const { file, body } of this.files)
      for (const [kind, content] of Object.entries(body)) {
        if (kind === 'resource' || kind === 'data') await this.#resources(file, kind, content);
        else for (const [where, part] of named(kind, content)) await this.#anything(file, where, part);
      }
    return this.#found;
  }

  /** @param {string} file @param {'resource' | 'data'} kind @param {any} content by type and name */
  async #resources(file, kind, content) {
    for (const [plainType, byName] of Object.entries(content)) {
      if (!plainType.startsWith('aws_')) {
        await this.#anything(file, plainType, byName);
        continue;
      }
      const type = kind === 'data' ? `data.${plainType}` : plainType;
      for (const [name, [body]] of Object.entries(byName)) {
        this.#place = { file, where: `${type}.${name}` };
        this.#use('set', { type, path: [] }, namesIn(body));
        const scope = {
          self: { type, path: [] },
          'each.value': await this.#target(await this.#tree(body.for_each, {}), {}),
        };
        await this.#body(type, [], body, scope);
        for (const { ignore_changes } of body.lifecycle ?? [])
          for (const ignored of Array.isArray(ignore_changes) ? ignore_changes : [])
            this.#use('set', { type, path: names((await tree(ignored))?.meta.traversal) });
      }
    }
  }

  /** Its names and what their expressions read. @param {string} type @param {string[]} path @param {any} body @param {Scope} scope */
  async #body(type, path, body, scope) {
    for (const [name, value] of Object.entries(body)) {
      if (path.length === 0 && metaArguments.has(name)) await this.#expressions(value, scope);
      else if (name === 'dynamic')
        for (const [label, dynamics] of Object.entries(value))
          for (const { content, for_each, iterator, ...rest } of dynamics) {
            await this.#expressions([for_each, rest], scope);
            const each = await this.#target(await this.#tree(for_each, scope), scope);
            const inner = { ...scope, [`${iterator?.slice(2, -1) ?? label}.value`]: each };
            for (const block of content) await this.#block(type, [...path, label], block, inner);
          }
      // A block is a list of bodies, and so is a list of objects, which a few arguments accept instead of blocks.
      else if (Array.isArray(value) && value.some((item) => item !== null && typeof item === 'object'))
        for (const block of value) await this.#block(type, [...path, name], block, scope);
      else {
        this.#use('set', { type, path: [...path, name] });
        await this.#expressions(value, scope);
      }
    }
  }

  /** @param {string} type @param {string[]} path @param {any} body @param {Scope} scope */
  async #block(type, path, body, scope) {
    if (body !== null && typeof body === 'object') {
      this.#use('set', { type, path }, namesIn(body));
      await this.#body(type, path, body, scope);
    } else {
      this.#use('set', { type, path });
      await this.#expressions(body, scope);
    }
  }

  /** A block that sets nothing of the provider. @param {string} file @param {string} where @param {any} value */
  async #anything(file, where, value) {
    this.#place = { file, where };
    await this.#expressions(value, {});
  }

  /** Every text below a value. @param {any} value @param {Scope} scope */
  async #expressions(value, scope) {
    if (typeof value === 'string') {
      const node = await this.#tree(value, scope);
      if (node) await this.#read(node, scope);
    } else if (value !== null && typeof value === 'object')
      for (const item of Object.values(value)) await this.#expressions(item, scope);
  }

  /** Notes what a node and those below it read. @param {any} node @param {Scope} scope */
  async #read(node, scope) {
    const target = await this.#target(node, scope);
    if (target && target.path.length > 0) this.#use('read', target);
    if (node.type === 'for') {
      const [collection, ...rest] = node.children;
      await this.#read(collection, scope);
      for (const child of rest) await this.#read(child, await this.#inside(node, scope));
      return;
    }
    for (const child of node.children) if (child.type !== '') await this.#read(child, scope);
  }

  /** @param {any} node a `for` @param {Scope} scope */
  async #inside(node, scope) {
    const item = await this.#target(node.children[0], scope);
    return { ...scope, [node.meta.keyVar]: undefined, [node.meta.valVar]: item };
  }

  /** What a node stands for, or undefined: no resource, or none that could be followed. @param {any} node @param {Scope} scope @returns {Promise<Target | undefined>} */
  async #target(node, scope) {
    if (!node) return undefined;
    const [first, second] = node.children;
    switch (node.type) {
      case 'scopeTraversal':
        return this.#named(names(node.meta.traversal), scope);
      case 'relativeTraversal':
        return below(await this.#target(first, scope), names(node.meta.traversal));
      case 'splat': {
        const source = await this.#target(first, scope);
        return second?.type === 'relativeTraversal' ? below(source, names(second.meta.traversal)) : source;
      }
      case 'index':
      case 'parentheses':
        return this.#target(first, scope);
      case 'conditional':
        return this.#firstOf(node.children.slice(1), scope);
      case 'function':
        return passing.has(node.meta.name) ? this.#firstOf(node.children, scope) : undefined;
      case 'for':
        return this.#target(node.children[node.meta.keyExpression ? 2 : 1], await this.#inside(node, scope));
      default:
        return undefined;
    }
  }

  /** @param {any[]} nodes @param {Scope} scope */
  async #firstOf(nodes, scope) {
    for (const node of nodes) {
      const target = await this.#target(node, scope);
      if (target) return target;
    }
    return undefined;
  }

  /** `data.aws_vpc.this.id` by its parts. @param {string[]} parts @param {Scope} scope @returns {Promise<Target | undefined>} */
  async #named([root = '', ...rest], scope) {
    if (root in scope) return below(scope[root], rest);
    if (`${root}.${rest[0]}` in scope) return below(scope[`${root}.${rest[0]}`], rest.slice(1));
    if (root.startsWith('aws_')) return { type: root, path: rest.slice(1) };
    if (root === 'data' && rest[0]?.startsWith('aws_'))
      return { type: `data.${rest[0]}`, path: rest.slice(2) };
    if (root !== 'local') return undefined;
    const [name = '', ...path] = rest;
    if (!this.#locals.has(name)) {
      // A local that refers to itself has no target; Terraform refuses it too.
      this.#locals.set(name, Promise.resolve(undefined));
      this.#locals.set(name, this.#target(await this.#tree(this.#values[name], {}), {}));
    }
    return below(await this.#locals.get(name), path);
  }

  /** Its tree, if it can reach a resource. @param {any} value @param {Scope} scope */
  async #tree(value, scope) {
    if (typeof value !== 'string') return undefined;
    const words = [...this.#signs, ...Object.keys(scope).filter((name) => scope[name])];
    return words.some((word) => value.includes(word)) ? tree(value) : undefined;
  }

  /** @param {Use['how']} how @param {Target} target @param {string[]} [names] */
  #use(how, { type, path }, names) {
    this.#found.push({ ...this.#place, type, how, path, ...(names && { names }) });
  }
}

/** `aws_` and the locals that lead to one. @param {Record<string, unknown>} locals */
function signs(locals) {
  const found = new Set(['aws_']);
  const texts = Object.entries(locals).map(([name, value]) => ({ name, text: JSON.stringify(value) }));
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const { name, text } of texts)
      if ([...found].some((sign) => text.includes(sign))) found.add(`local.${name}`);
  }
  return found;
}

/** @param {Target | undefined} target @param {string[]} path @returns {Target | undefined} */
function below(target, path) {
  return target && { type: target.type, path: [...target.path, ...path] };
}

/** The names of a traversal, without its indexes. @param {{ type: string, segment: string }[] | undefined} traversal */
function names(traversal = []) {
  return traversal.filter(({ type }) => type === 'nameTraversal').map(({ segment }) => segment);
}

/** What a body sets, in dynamic blocks too. @param {Record<string, any>} body */
function namesIn(body) {
  return [...Object.keys(body), ...Object.keys(body.dynamic ?? {})];
}

/** `output` by name, `locals` as one. @param {string} kind @param {any} content @returns {[string, any][]} */
function named(kind, content) {
  if (Array.isArray(content)) return [[kind, content]];
  return Object.entries(content).map(([name, body]) => [`${kind}.${name}`, body]);
}

/**
 * The syntax tree of a value as the parser gives it: texts are templates, with `${…}` around a lone expression.
 * @param {any} value @returns {Promise<any>} undefined if there is nothing to evaluate
 */
async function tree(value) {
  if (typeof value !== 'string' || !/[$%]\{/.test(value)) return undefined;
  // Between these marks, quotes and line ends have no special meaning.
  const node = await getExpressionAst('expression.tf', `<<${textEnd}\n${value}\n${textEnd}\n`);
  if (!node) throw new Error(`no expression: ${value}`);
  const parts = node.children.filter(({ type }) => type !== 'literalValue');
  return value.startsWith('${') && parts.length === 1 ? parts[0] : node;
}
