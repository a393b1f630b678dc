// Reads `terraform show -json`, of a state or a plan, into a flat list of resources.
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';

export interface TerraformResource {
  readonly address: string;
  /** The address of its module; empty for the root module. */
  readonly module: string;
  readonly isData: boolean;
  readonly type: string;
  readonly name: string;
  /** The key of `for_each` or the index of `count`. */
  readonly index: string | number | undefined;
  /** Of a plan, only what is known before the apply. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Attributes that Terraform treats as sensitive. */
  readonly sensitive: Readonly<Record<string, unknown>>;
  /** Of .tf files: attributes whose value they do not tell, with the reason. */
  readonly unknown?: ReadonlyMap<string, string>;
}

/** Resources beyond this are not looked at. */
const mostResources = 50_000;
const deepestModule = 30;

/** Throws LD_CONFIG if the text is not what `terraform show -json` prints; `file` is for messages. */
export function terraformResources(text: string, file: string): TerraformResource[] {
  const document = parsed(text, file);
  const roots = [
    child(child(document, 'values'), 'root_module'),
    child(child(document, 'planned_values'), 'root_module'),
    // A plan has here what its data sources have read.
    child(child(child(document, 'prior_state'), 'values'), 'root_module'),
  ];
  const version = document.format_version;
  if (typeof version !== 'string' || roots.every((root) => root === undefined)) {
    const isEmpty =
      typeof version === 'string' && Object.keys(document).every((name) => /_version$/.test(name));
    const isStateFile = document.version === 4 && Array.isArray(document.resources);
    const what = isEmpty
      ? 'has no resources: nothing was applied'
      : isStateFile
        ? 'is a .tfstate file, not what terraform show prints'
        : 'has no resources of a state or a plan';
    throw new LiveDebugError('LD_CONFIG', `${file} ${what}`, {
      remedy: isEmpty
        ? `Take a plan: \`terraform plan -out plan && terraform show -json plan > ${file}\`.`
        : `Write it with \`terraform show -json > ${file}\`, or \`terraform show -json PLANFILE\` before an apply.`,
    });
  }
  if (!/^[01](?:\.|$)/.test(version))
    throw new LiveDebugError(
      'LD_CONFIG',
      `${file} has format ${version.slice(0, 20)}, which this livectl does not know`,
      {
        remedy: 'Update livectl, or write the file with Terraform 1.x or OpenTofu 1.x.',
      },
    );
  const found = new Map<string, TerraformResource>();
  for (const root of roots) if (root !== undefined) collect(root, '', 0, found);
  return [...found.values()];
}

function parsed(text: string, file: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''));
    return isObject(value) ? value : {};
  } catch {
    // Below.
  }
  const what =
    text.trim() === ''
      ? 'is empty'
      : /^\ufeff?\s*\{/.test(text.slice(0, 100))
        ? 'is not JSON, or is cut off'
        : 'is not JSON';
  throw new LiveDebugError('LD_CONFIG', `${file} ${what}`, {
    remedy:
      'Write it with `terraform show -json`; a .tfstate file and `terraform show` without -json have other forms.',
  });
}

function collect(
  module: Readonly<Record<string, unknown>>,
  address: string,
  depth: number,
  found: Map<string, TerraformResource>,
): void {
  for (const resource of list(module.resources)) {
    const { address: its, index, mode, name, type } = resource;
    if (typeof its !== 'string' || typeof type !== 'string' || typeof name !== 'string') continue;
    // What is planned wins over what was.
    if (found.has(its) || found.size >= mostResources) continue;
    found.set(its, {
      address: its,
      module: address,
      isData: mode === 'data',
      type,
      name,
      index: typeof index === 'string' || typeof index === 'number' ? index : undefined,
      values: child(resource, 'values') ?? {},
      sensitive: marksOf(resource),
    });
  }
  if (depth >= deepestModule) return;
  for (const each of list(module.child_modules))
    collect(each, typeof each.address === 'string' ? each.address : address, depth + 1, found);
}

/** By attribute. A mark on all of it counts for each. */
function marksOf(resource: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (resource.sensitive_values !== true) return child(resource, 'sensitive_values') ?? {};
  const names = Object.keys(child(resource, 'values') ?? {});
  return Object.fromEntries(names.map((name) => [name, true]));
}

const typesOf = new WeakMap<readonly TerraformResource[], Map<string, TerraformResource[]>>();

/**
 * The resources and data sources of a type, in their order. Each function asks for those of ten types: they are sorted once, or
 * 1,000 functions among 50,000 resources take half a minute.
 */
export function ofType(resources: readonly TerraformResource[], type: string): readonly TerraformResource[] {
  let types = typesOf.get(resources);
  if (types === undefined) {
    types = new Map();
    for (const each of resources) {
      const same = types.get(each.type);
      if (same === undefined) types.set(each.type, [each]);
      else same.push(each);
    }
    typesOf.set(resources, types);
  }
  return types.get(type) ?? [];
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function child(value: Readonly<Record<string, unknown>> | undefined, name: string) {
  const its = value !== undefined && Object.hasOwn(value, name) ? value[name] : undefined;
  return isObject(its) ? its : undefined;
}

/** The objects of a list. */
export function list(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The strings of a list. */
export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
