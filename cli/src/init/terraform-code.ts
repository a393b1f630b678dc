// The Terraform code that `init` proposes: the module's block, and the lines of a wrapped function, as a unified diff.
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { moduleInsertions, resourceInsertions, type WrapValues } from './block-insertions.ts';
import type { FoundBlock, FoundFunction } from './found-function.ts';
import type { ServedFunction } from './manifest-text.ts';
import { moduleText } from './module-text.ts';
import type { RootModule } from './root-module.ts';
import { hclString } from './terraform-strings.ts';
import { type Insertion, insertionsDiff, newFileDiff } from './unified-diff.ts';

/** A proposal: lines of a diff, or of text where no file was found. */
export interface ProposedCode {
  /** Lines that begin with ` `, `+`, `-`, `@@`, `---` or `+++`, as `patch` takes them. */
  readonly diff: readonly string[];
  /** Functions whose block was not found: what to add to it. */
  readonly byHand: readonly string[];
}

/** Where the module's block goes. */
export interface ProposedPlace {
  /** Of the project, absolute. */
  readonly root: string;
  readonly rootModule: RootModule;
  /** The new file of the module's block, relative to the project. */
  readonly moduleFile: string;
  /** The path from there to livectl.json. */
  readonly manifest: string;
  /** The module's. */
  readonly source: string;
}

/** A block, and the functions that it declares: several by `for_each` or `count`. */
interface Group {
  readonly block: FoundBlock;
  readonly functions: ServedFunction[];
}

/** `all` are also the functions that were left out: their copies share blocks with others. */
export function proposedCode(
  functions: readonly ServedFunction[],
  all: readonly FoundFunction[],
  place: ProposedPlace,
): ProposedCode {
  const { moduleFile, root, rootModule } = place;
  const byHand = functions
    .filter(({ isWrapped }) => !isWrapped)
    .map(
      ({ key }) => `${key}: it cannot be wrapped; docs/terraform.md#replaced-functions has its conditions`,
    );
  const groups = grouped(functions);
  if (groups.length === 0) return { diff: [], byHand };
  const wrapped = groups.flatMap((group) => group.functions);
  const diff: string[] = [];
  if (existsSync(join(root, moduleFile)))
    byHand.push(
      `${moduleFile} is there already: add ${wrapped.map(({ key }) => JSON.stringify(key)).join(', ')} to the functions and the roles in it`,
    );
  else diff.push(...newFileDiff(moduleFile, moduleText(wrapped, place)));
  const insertions = new Map<string, { readonly text: string; readonly its: Insertion[] }>();
  for (const group of groups) {
    const { block } = group;
    const subject = subjectOf(group, all);
    const found = block.inModule === '' ? rootModule.placeOf(block) : undefined;
    const its = found === undefined ? undefined : insertionsOf(found, group, rootModule, valuesOf(subject));
    if (found === undefined || its === undefined) byHand.push(textByHand(group, subject));
    else {
      const of = insertions.get(found.file) ?? { text: found.text, its: [] };
      insertions.set(found.file, of);
      of.its.push(...its);
    }
  }
  for (const [file, { its, text }] of insertions)
    diff.push(...insertionsDiff(relative(root, file).replaceAll('\\', '/'), text, its));
  return { diff, byHand };
}

function grouped(functions: readonly ServedFunction[]): Group[] {
  const groups = new Map<string, Group>();
  for (const each of functions) {
    const { block } = each.found;
    if (!each.isWrapped || block === undefined) continue;
    const id = idOf(block);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, { block, functions: [each] });
    else group.functions.push(each);
  }
  return [...groups.values()];
}

function idOf({ inModule, kind, label }: FoundBlock): string {
  return `${inModule}|${kind}|${label}`;
}

/** How the block names the key of livectl.json; `isSure` if it has one for each copy. */
interface Subject {
  readonly code: string;
  readonly isSure: boolean;
}

function subjectOf({ block, functions }: Group, all: readonly FoundFunction[]): Subject {
  const [first] = functions;
  const copies = all.filter((each) => each.block !== undefined && idOf(each.block) === idOf(block)).length;
  if (block.repeated === undefined || first === undefined)
    return { code: hclString(first?.key ?? ''), isSure: true };
  const isOf = (each: ServedFunction) => each.found.block?.key ?? '';
  if (block.repeated === 'for_each') {
    // Other keys of the block may not be in livectl.json.
    if (functions.every((each) => each.key === isOf(each))) return { code: 'each.key', isSure: false };
    const entries = functions.map((each) => `${hclString(isOf(each))} = ${hclString(each.key)}`);
    return { code: `lookup({ ${entries.join(', ')} }, each.key, "")`, isSure: false };
  }
  if (copies === 1 && isOf(first) === '0') return { code: hclString(first.key), isSure: true };
  const byIndex = new Map(functions.map((each) => [Number(isOf(each)), each.key]));
  const keys = Array.from({ length: Math.max(...byIndex.keys()) + 1 }, (_, at) => byIndex.get(at) ?? '');
  return { code: `try([${keys.map(hclString).join(', ')}][count.index], "")`, isSure: false };
}

function valuesOf({ code, isSure }: Subject): WrapValues {
  const value = (output: string, otherwise: string) =>
    isSure
      ? `module.live_debug.${output}[${code}]`
      : `lookup(module.live_debug.${output}, ${code}, ${otherwise})`;
  return { layers: value('layers', '[]'), environment: value('environment', '{}') };
}

/** Undefined if the block, or what its module takes, is not recognised. */
function insertionsOf(
  found: NonNullable<ReturnType<RootModule['placeOf']>>,
  { block, functions }: Group,
  rootModule: RootModule,
  values: WrapValues,
): Insertion[] | undefined {
  if (block.kind === 'resource') return resourceInsertions(found, values, functions.every(hasVariables));
  const its = rootModule.interfaceOf(found)?.variables;
  const takesBoth = its?.has('layers') === true && its.has('environment_variables');
  return takesBoth ? moduleInsertions(found, values) : undefined;
}

function hasVariables({ found: { leftOutVariables, settings } }: ServedFunction): boolean {
  return settings.environment !== undefined || leftOutVariables.length > 0;
}

function textByHand({ block, functions }: Group, subject: Subject): string {
  const { environment, layers } = valuesOf(subject);
  const addresses = functions.slice(0, 4).map(({ found }) => found.address);
  const more = functions.length > 4 ? ` and ${functions.length - 4} more` : '';
  // Within a module, its own variables must bring the values.
  const where =
    block.kind === 'resource' && block.inModule === '' ? '' : ', through variables of the modules around it';
  const none = functions.every(hasVariables)
    ? ''
    : '; for a function without variables as in docs/terraform.md#functions-without-variables';
  return `${addresses.join(', ')}${more}: layers = concat([...], ${layers}), and variables = merge({...}, ${environment})${where}${none}`;
}
