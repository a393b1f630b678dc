// One instance of a module: what its names mean, and its resources. A name is evaluated when something first refers to it.
import { readFileSync, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { evaluate, type Scope } from '../hcl/evaluate.ts';
import type { Body, Expression } from '../hcl/syntax.ts';
import {
  hasReference,
  isList,
  isObjectValue,
  objectOf,
  reference,
  Unknown,
  type Value,
} from '../hcl/values.ts';
import { lambdaModuleOutput } from './lambda-module.ts';
import type { FileBlock, ModuleFiles } from './module-files.ts';
import { arnOf, functionNames, isLiveDebug, serviceOf } from './resource-references.ts';
import { ofType } from './type-defaults.ts';

/** What all instances of one reading share. */
export interface Reading {
  /** The folder of the root module. */
  readonly folder: string;
  /** Whether a path, with links resolved, is inside the project. */
  isInside(path: string): boolean;
  /** Steps of evaluation that are left. */
  steps: number;
  /** Names that are being evaluated, one for the other. */
  depth: number;
}

/** References from one name to the next. */
const deepestReference = 200;
const largestFile = 1024 * 1024;
/** Instances of one block. */
const mostInstances = 1000;

/** One of a block's instances. */
export interface Instance {
  /** Behind the block's address: `["a"]`, `[0]` or nothing. */
  readonly suffix: string;
  readonly index: string | number | undefined;
  /** `each` and `count`. */
  readonly names: ReadonlyMap<string, Value>;
}

export class ModuleInstance implements Scope {
  readonly address: string;
  readonly folder: string;
  readonly #files: ModuleFiles;
  readonly #inputs: ReadonlyMap<string, () => Value>;
  readonly #reading: Reading;
  readonly #memo = new Map<string, Value>();
  readonly #blocks = new Map<string, FileBlock>();
  readonly #locals = new Map<string, Expression>();
  /** The instances of its local modules, by the module's name and the instance's suffix. */
  readonly children = new Map<string, ModuleInstance>();

  /** `inputs` are the values of its variables; those of others are the defaults. */
  constructor(
    address: string,
    folder: string,
    files: ModuleFiles,
    inputs: ReadonlyMap<string, () => Value>,
    reading: Reading,
  ) {
    this.address = address;
    this.folder = folder;
    this.#files = files;
    this.#inputs = inputs;
    this.#reading = reading;
    for (const block of files.blocks) {
      if (block.type === 'locals')
        for (const [name, { value }] of block.body.attributes) this.#locals.set(name, value);
      else this.#blocks.set([block.type, ...block.labels].join('.'), block);
    }
  }

  /** The blocks of a type: `resource`, `data`, `module`. */
  blocks(type: string): FileBlock[] {
    return this.#files.blocks.filter((block) => block.type === type);
  }

  value(expression: Expression, names?: ReadonlyMap<string, Value>): Value {
    return evaluate(expression, this, names);
  }

  /** The value of an attribute; undefined if the body does not set it. */
  attribute(body: Body, name: string, names?: ReadonlyMap<string, Value>): Value | undefined {
    const its = body.attributes.get(name);
    return its === undefined ? undefined : this.value(its.value, names);
  }

  /** The instances of a resource or a module; unknown if its `count` or `for_each` is. */
  instances({ body }: FileBlock): readonly Instance[] | Unknown {
    const count = this.attribute(body, 'count');
    if (count !== undefined) {
      if (count instanceof Unknown) return count;
      const number = Number(count);
      if (!Number.isInteger(number) || number < 0 || number > mostInstances)
        return new Unknown(`count must be 0 to ${mostInstances} here`);
      return Array.from({ length: number }, (_, index) => ({
        suffix: `[${index}]`,
        index,
        names: new Map([['count', objectOf([['index', index]])]]),
      }));
    }
    const each = this.attribute(body, 'for_each');
    if (each === undefined) return [{ suffix: '', index: undefined, names: new Map() }];
    if (each instanceof Unknown) return each;
    const entries: (readonly [string, Value])[] = isList(each)
      ? each.map((key) => [String(key), key] as const)
      : isObjectValue(each)
        ? Object.entries(each)
        : [];
    if (entries.length > mostInstances) return new Unknown(`for_each has over ${mostInstances} instances`);
    if (entries.some(([key]) => hasReference(key)))
      return new Unknown('only an apply knows the keys of for_each');
    return entries.map(([key, value]) => ({
      suffix: `[${JSON.stringify(key)}]`,
      index: key,
      names: new Map([['each', objectOf([...Object.entries({ key, value })])]]),
    }));
  }

  step(): Unknown | undefined {
    this.#reading.steps -= 1;
    return this.#reading.steps < 0 ? new Unknown('the files need too many steps to be evaluated') : undefined;
  }

  file(path: string): Value {
    const file = resolve(this.#reading.folder, path);
    try {
      if (!this.#reading.isInside(file)) return new Unknown(`${path} is outside the project`);
      const { size } = statSync(file);
      if (size > largestFile) return new Unknown(`${path} is over 1 MB`);
      return readFileSync(file, 'utf8');
    } catch {
      return new Unknown(`${path} cannot be read`);
    }
  }

  lookUp(path: readonly (string | number)[]): { readonly value: Value; readonly used: number } {
    const [first, second] = path;
    if (second === undefined || typeof first !== 'string')
      return { value: new Unknown(`${String(first)} is not a value`), used: 1 };
    const name = String(second);
    switch (first) {
      case 'var':
        return { value: this.#once(`var.${name}`, () => this.#variable(name)), used: 2 };
      case 'local':
        return { value: this.#once(`local.${name}`, () => this.#local(name)), used: 2 };
      case 'path':
        return { value: this.#path(name), used: 2 };
      case 'module':
        return this.#ofModule(path);
      case 'data':
        return this.#ofResource(`data.${name}.${String(path[2])}`, path, 3);
      case 'each':
      case 'count':
      case 'self':
      case 'terraform':
        return { value: new Unknown(`${first}.${name} is not known here`), used: 2 };
      default:
        return this.#ofResource(`resource.${first}.${name}`, path, 2);
    }
  }

  #once(key: string, get: () => Value): Value {
    const known = this.#memo.get(key);
    if (known !== undefined) return known;
    if (this.#reading.depth >= deepestReference) return new Unknown('references are nested too deeply');
    this.#memo.set(key, new Unknown(`${key} refers to itself`));
    this.#reading.depth += 1;
    const value = get();
    this.#reading.depth -= 1;
    this.#memo.set(key, value);
    return value;
  }

  #variable(name: string): Value {
    const block = this.#blocks.get(`variable.${name}`);
    if (block === undefined) return new Unknown(`there is no variable ${name}`);
    const { body } = block;
    if (this.attribute(body, 'sensitive') === true) return new Unknown(`var.${name} is sensitive`);
    const given = this.#inputs.get(name)?.();
    const value = given === undefined ? this.attribute(body, 'default') : given;
    if (value === undefined) return new Unknown(`var.${name} has no default`);
    return ofType(value, body.attributes.get('type')?.value, (each) => this.value(each));
  }

  #local(name: string): Value {
    const value = this.#locals.get(name);
    return value === undefined ? new Unknown(`there is no local value ${name}`) : this.value(value);
  }

  #path(name: string): Value {
    if (name === 'root') return '.';
    if (name !== 'module') return new Unknown(`path.${name} is not known here`);
    return relative(this.#reading.folder, this.folder).replaceAll('\\', '/') || '.';
  }

  /** `module.NAME.OUTPUT`, or with a key behind the name. */
  #ofModule(path: readonly (string | number)[]): { readonly value: Value; readonly used: number } {
    const name = String(path[1]);
    const block = this.#blocks.get(`module.${name}`);
    if (block === undefined) return { value: new Unknown(`there is no module ${name}`), used: 2 };
    const isRepeated = block.body.attributes.has('count') || block.body.attributes.has('for_each');
    const key = isRepeated ? path[2] : undefined;
    const suffix = key === undefined ? '' : `[${JSON.stringify(key)}]`;
    const output = path[isRepeated ? 3 : 2];
    // While the stage is off it adds nothing to functions.
    if (isLiveDebug(block)) {
      const isOfFunction = output === 'layers' || output === 'environment';
      const value =
        output === 'layers' ? [] : output === 'environment' ? objectOf([]) : reference(name, 'output', '');
      return { value, used: isOfFunction ? path.length : 3 };
    }
    const used = isRepeated ? 4 : 3;
    if (output === undefined) return { value: new Unknown(`module.${name} is not a value`), used: 2 };
    const child = this.children.get(`${name}${suffix}`);
    const own = `${this.address}${this.address === '' ? '' : '.'}module.${name}${suffix}`;
    const value =
      child === undefined
        ? (lambdaModuleOutput(block.body, own, String(output)) ??
          new Unknown(`module.${name} is not read from these files`))
        : child.output(String(output));
    return { value, used };
  }

  output(name: string): Value {
    const block = this.#blocks.get(`output.${name}`);
    if (block === undefined) return new Unknown(`there is no output ${name}`, true);
    return this.#once(`output.${name}`, () => {
      const value = this.attribute(block.body, 'value');
      return value === undefined ? new Unknown(`the output ${name} has no value`) : value;
    });
  }

  #ofResource(key: string, path: readonly (string | number)[], names: number) {
    const block = this.#blocks.get(key);
    const written = key.replace(/^resource\./, '');
    if (block === undefined) return { value: new Unknown(`there is no ${written}`), used: path.length };
    const isRepeated = block.body.attributes.has('count') || block.body.attributes.has('for_each');
    const index = isRepeated ? path[names] : undefined;
    const attribute = path[names + (isRepeated ? 1 : 0)];
    const used = names + (isRepeated ? 2 : 1);
    if (attribute === undefined)
      return { value: new Unknown(`${written} as a whole is not evaluated`), used: path.length };
    const instances = this.instances(block);
    if (instances instanceof Unknown) return { value: instances, used: path.length };
    const instance = instances.find((each) => !isRepeated || String(each.index) === String(index));
    if (instance === undefined) {
      const what = `${written}${index === undefined ? '' : `[${JSON.stringify(index)}]`}`;
      return { value: new Unknown(`there is no ${what}`, true), used: path.length };
    }
    const value = this.resourceAttribute(block, instance, String(attribute));
    return { value, used };
  }

  /** What the block sets, or a reference to what AWS will give. */
  resourceAttribute(block: FileBlock, instance: Instance, attribute: string): Value {
    const [type = ''] = block.labels;
    const address = this.addressOf(block, instance);
    const key = `${address}.${attribute}`;
    if (type === 'aws_lambda_function') {
      if (attribute !== 'function_name' && functionNames.has(attribute)) return arnOf(address, type);
      if (attribute === 'function_name') {
        const name = this.#once(key, () => this.#set(block, instance, attribute) ?? arnOf(address, type));
        // What refers to it still belongs to this function.
        return typeof name === 'string' && !hasReference(name) ? name : arnOf(address, type);
      }
    }
    if (type === 'aws_lambda_alias' && functionNames.has(attribute))
      return this.#once(key, () => this.#set(block, instance, 'function_name') ?? arnOf(address, type));
    const wanted = type === 'aws_cloudwatch_event_rule' && attribute === 'id' ? 'name' : attribute;
    return this.#once(
      key,
      () => this.#set(block, instance, wanted) ?? reference(address, wanted, serviceOf(type)),
    );
  }

  #set({ body }: FileBlock, { names }: Instance, name: string): Value | undefined {
    return this.attribute(body, name, names);
  }

  addressOf({ labels, type }: FileBlock, { suffix }: Instance): string {
    const before = this.address === '' ? '' : `${this.address}.`;
    return `${before}${type === 'data' ? 'data.' : ''}${labels.join('.')}${suffix}`;
  }
}
