// Reads the .tf files of a project where there is no state: resources as a plan would have them, as far as the files tell.
import { existsSync, realpathSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import type { Block, Body } from '../hcl/syntax.ts';
import { isList, isObjectValue, objectOf, Unknown, type Value } from '../hcl/values.ts';
import type { TerraformResource } from '../terraform-json.ts';
import { isLambdaModule, lambdaModuleResources } from './lambda-module.ts';
import {
  type FileBlock,
  type FileFault,
  type ModuleFiles,
  readModule,
  readVariableFiles,
} from './module-files.ts';
import { type Instance, ModuleInstance, type Reading } from './module-instance.ts';
import { knownResource, type RawResource } from './raw-resource.ts';
import { arnOf, isLiveDebug } from './resource-references.ts';

/** Evaluated expressions of one reading: a second or two. */
const mostSteps = 3_000_000;
const mostResources = 50_000;
const mostModules = 2000;
const deepestModule = 30;
/** Sentences; of more there is no use. */
const mostNotices = 40;

export interface TerraformFiles {
  readonly resources: readonly TerraformResource[];
  /** What was not read, a sentence each. */
  readonly notices: readonly string[];
}

/**
 * What a plan would have of the root module in `folder` and of its local modules; undefined if the folder has no .tf file. Nothing outside
 * `root` is read. Never throws.
 */
export function readTerraformFiles(folder: string, root: string): TerraformFiles | undefined {
  const files = readModule(folder);
  if (files === undefined) return undefined;
  return new FilesReader(realpathSync(folder), realpathSync(root)).read(files);
}

/** The outputs of the root module in `folder`, by name. */
export function rootOutputs(folder: string, root: string): ReadonlyMap<string, Value> {
  const files = readModule(folder);
  if (files === undefined) return new Map();
  const instance = new FilesReader(realpathSync(folder), realpathSync(root)).root(files);
  const names = instance.blocks('output').map(({ labels: [name = ''] }) => name);
  return new Map(names.map((name) => [name, instance.output(name)] as const));
}

class FilesReader {
  readonly #root: string;
  readonly #reading: Reading;
  readonly #modules = new Map<string, ModuleFiles | undefined>();
  readonly #resources: TerraformResource[] = [];
  readonly #notices: string[] = [];
  readonly #unread: string[] = [];
  #moduleCount = 0;

  constructor(folder: string, root: string) {
    this.#root = root;
    const isInside = (path: string) => `${realpathSync(path)}${sep}`.startsWith(this.#root + sep);
    this.#reading = { folder, isInside, steps: mostSteps, depth: 0 };
  }

  read(files: ModuleFiles): TerraformFiles {
    this.root(files);
    if (this.#unread.length > 0)
      this.#notices.push(
        `modules that are not in these files are not read: ${this.#unread.slice(0, 10).join(', ')}; functions in them need a state or a plan (--terraform-json)`,
      );
    const more = this.#notices.length - mostNotices;
    const notices = this.#notices.slice(0, mostNotices);
    return { resources: this.#resources, notices: more > 0 ? [...notices, `and ${more} more`] : notices };
  }

  /** The root module, once it and all below it are read. */
  root(files: ModuleFiles): ModuleInstance {
    const { folder } = this.#reading;
    const variables = readVariableFiles(folder);
    const none = new ModuleInstance('', folder, { blocks: [], faults: [] }, new Map(), this.#reading);
    const inputs = new Map(
      [...variables.values].map(([name, value]) => [name, () => none.value(value)] as const),
    );
    this.#notices.push(...variables.faults.map((fault) => this.#faultOf(fault)));
    const instance = new ModuleInstance('', folder, files, inputs, this.#reading);
    this.#module(instance, files, 0);
    return instance;
  }

  /** Modules first: resources refer to their outputs, and they get values of resources when they are evaluated. */
  #module(instance: ModuleInstance, files: ModuleFiles, depth: number): void {
    this.#notices.push(...files.faults.map((fault) => this.#faultOf(fault)));
    const found: [ModuleInstance, ModuleFiles][] = [];
    for (const block of instance.blocks('module')) found.push(...this.#children(instance, block, depth));
    for (const type of ['resource', 'data'])
      for (const block of instance.blocks(type)) this.#resourcesOf(instance, block);
    for (const [child, its] of found) this.#module(child, its, depth + 1);
  }

  #children(instance: ModuleInstance, block: FileBlock, depth: number): [ModuleInstance, ModuleFiles][] {
    if (isLiveDebug(block)) return [];
    const [name = ''] = block.labels;
    const source = instance.attribute(block.body, 'source');
    const isTheirs = isLambdaModule(source);
    const isLocal = typeof source === 'string' && /^\.{1,2}\//.test(source);
    if (!isTheirs && !isLocal) {
      this.#unread.push(`module.${name}`);
      return [];
    }
    const instances = instance.instances(block);
    if (instances instanceof Unknown) {
      this.#notices.push(
        `module.${name} is not read: ${instances.reason} (${this.#place(block, undefined)})`,
      );
      return [];
    }
    const found: [ModuleInstance, ModuleFiles][] = [];
    for (const each of instances) {
      const address = `${instance.address === '' ? '' : `${instance.address}.`}module.${name}${each.suffix}`;
      const value = (argument: string) => instance.attribute(block.body, argument, each.names);
      if (isTheirs) {
        const place = (argument: string) => this.#place(block, argument);
        for (const raw of lambdaModuleResources(address, value, place)) this.#add(raw);
        continue;
      }
      const files =
        depth < deepestModule ? this.#filesOf(resolve(instance.folder, String(source))) : undefined;
      if (files === undefined || ++this.#moduleCount > mostModules) {
        this.#notices.push(`${address} is not read: ${source} has no .tf files of this project`);
        break;
      }
      const inputs = new Map(
        [...block.body.attributes.keys()].map(
          (argument) => [argument, () => value(argument) ?? null] as const,
        ),
      );
      const folder = resolve(instance.folder, String(source));
      const child = new ModuleInstance(address, folder, files, inputs, this.#reading);
      instance.children.set(`${name}${each.suffix}`, child);
      found.push([child, files]);
    }
    return found;
  }

  #filesOf(folder: string): ModuleFiles | undefined {
    if (!this.#modules.has(folder)) {
      const isOurs = existsSync(folder) && this.#reading.isInside(folder);
      this.#modules.set(folder, isOurs ? readModule(folder) : undefined);
    }
    return this.#modules.get(folder);
  }

  #resourcesOf(instance: ModuleInstance, block: FileBlock): void {
    const [type = '', name = ''] = block.labels;
    const instances = instance.instances(block);
    if (instances instanceof Unknown) {
      if (type === 'aws_lambda_function')
        this.#notices.push(
          `${type}.${name} is not read: ${instances.reason} (${this.#place(block, undefined)})`,
        );
      return;
    }
    for (const each of instances) {
      const address = instance.addressOf(block, each);
      const attributes = new Map<string, Value>();
      if (block.type === 'resource') {
        attributes.set('arn', arnOf(address, type));
        // As other resources refer to it.
        for (const own of ['id', 'name', 'function_name'])
          attributes.set(own, instance.resourceAttribute(block, each, own));
      }
      for (const [key, value] of bodyValues(instance, block.body, each.names)) attributes.set(key, value);
      if (block.type === 'resource' && type === 'aws_lambda_alias') attributes.delete('arn');
      this.#add({
        address,
        module: instance.address,
        isData: block.type === 'data',
        type,
        name,
        index: each.index,
        attributes,
        place: (argument) => this.#place(block, argument),
      });
    }
  }

  #add(raw: RawResource): void {
    if (this.#resources.length >= mostResources) return;
    const resource = knownResource(raw);
    this.#resources.push(resource);
    if (raw.type !== 'aws_lambda_function') return;
    for (const name of ['function_name', 'timeout', 'memory_size', 'environment', 'layers']) {
      const why = resource.unknown?.get(name);
      if (why !== undefined) this.#notices.push(`${raw.address}: ${name} is not read: ${why}`);
    }
  }

  #place({ body, file, line }: FileBlock, argument: string | undefined): string {
    const its = argument === undefined ? undefined : body.attributes.get(argument);
    const inner = body.blocks.find(({ type }) => type === argument);
    return `${this.#shown(file)}:${its?.line ?? inner?.line ?? line}`;
  }

  #faultOf({ file, line, why }: FileFault): string {
    return `${this.#shown(file)}${line === undefined ? '' : `:${line}`} is not read: ${why}`;
  }

  /** Relative to the project. */
  #shown(file: string): string {
    return relative(this.#root, file).replaceAll('\\', '/');
  }
}

/** Arguments and blocks, the latter as lists of objects; `dynamic` blocks as the blocks that they stand for. */
function* bodyValues(
  instance: ModuleInstance,
  body: Body,
  names: Instance['names'],
): Generator<readonly [string, Value]> {
  for (const [name, { value }] of body.attributes)
    if (!['count', 'for_each', 'depends_on', 'provider'].includes(name))
      yield [name, instance.value(value, names)];
  const lists = new Map<string, Value[]>();
  const add = (type: string, value: Value) => {
    const same = lists.get(type);
    if (same === undefined) lists.set(type, [value]);
    else same.push(value);
  };
  for (const block of body.blocks) {
    if (block.type === 'dynamic')
      for (const [type, value] of dynamic(instance, block, names)) add(type, value);
    else if (block.type !== 'lifecycle' && block.type !== 'provisioner')
      add(block.type, objectOf(bodyValues(instance, block.body, names)));
  }
  yield* lists;
}

/** `dynamic "TYPE" { for_each, iterator, content }`. */
function* dynamic(
  instance: ModuleInstance,
  { body, labels: [type = ''] }: Block,
  names: Instance['names'],
): Generator<readonly [string, Value]> {
  const content = body.blocks.find((each) => each.type === 'content');
  const over = instance.attribute(body, 'for_each', names);
  const iterator = body.attributes.get('iterator')?.value;
  const own = iterator?.kind === 'name' ? iterator.name : type;
  if (content === undefined || (!isList(over) && !isObjectValue(over))) return;
  const entries = isList(over) ? over.map((value, key) => [key, value] as const) : Object.entries(over);
  for (const [key, value] of entries.slice(0, 100)) {
    const inner = new Map([...names, [own, objectOf([...Object.entries({ key, value })])] as const]);
    yield [type, objectOf(bodyValues(instance, content.body, inner))];
  }
}
