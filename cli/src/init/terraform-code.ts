// The Terraform code that `init` proposes: the module's block, and the lines of a wrapped function, as a unified diff.
import { readFileSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import type { FoundBlock, FoundFunction } from './found-function.ts';
import type { ServedFunction } from './manifest-text.ts';

const largestFile = 1024 * 1024;

/** A proposal: lines of a diff, or of text where no file was found. */
export interface ProposedCode {
  /** Lines that begin with ` `, `+`, `-`, `@@`, `---` or `+++`, as `patch` takes them. */
  readonly diff: readonly string[];
  /** Functions whose block was not found: what to add to it. */
  readonly byHand: readonly string[];
}

/**
 * `files` are the project's Terraform files; `moduleFile` is the new file of the module's block, relative to the project, and
 * `manifest` the path from there to livectl.json. `source` is the module's.
 */
export function proposedCode(
  functions: readonly ServedFunction[],
  options: {
    readonly root: string;
    readonly files: readonly string[];
    readonly moduleFile: string;
    readonly manifest: string;
    readonly source: string;
  },
): ProposedCode {
  const { files, moduleFile, root } = options;
  const isPossible = functions.some(isProposed);
  const text = isPossible ? moduleText(functions, options) : [];
  const diff = !isPossible
    ? []
    : [
        '--- /dev/null',
        `+++ b/${moduleFile}`,
        `@@ -0,0 +1,${text.length} @@`,
        ...text.map((line) => `+${line}`),
      ];
  const byHand: string[] = [];
  const done = new Set<string>();
  const edits = new Map<string, { readonly lines: string[]; readonly edits: Edit[] }>();
  for (const { found, isWrapped, key } of functions) {
    const { block } = found;
    if (!isWrapped || block === undefined) {
      if (!isWrapped)
        byHand.push(`${key}: it cannot be wrapped; docs/terraform.md#replaced-functions has its conditions`);
      continue;
    }
    if (!isOnlyCopy(block)) {
      byHand.push(
        `${key}: one of several copies by count; name each by for_each, or wrap them by count.index`,
      );
      continue;
    }
    const id = `${block.inModule}|${block.kind}|${block.label}`;
    if (done.has(id)) continue;
    done.add(id);
    const isOne = block.repeated !== 'for_each' || key === block.key;
    const place = block.inModule === '' && isOne ? placeOf(block, files) : undefined;
    const subject = subjectOf(block, key);
    if (place === undefined) {
      byHand.push(
        `${found.address}: layers = concat([...], module.live_debug.layers[${subject}]), and variables = merge({...}, module.live_debug.environment[${subject}])`,
      );
      continue;
    }
    const of = edits.get(place.file) ?? { lines: place.lines, edits: [] };
    edits.set(place.file, of);
    const its = editsOf(place.lines, place.start, place.end, block, subject);
    if (its === undefined)
      byHand.push(
        `${found.address}: its block has another form than init changes; add layers and variables as in docs/terraform.md#wrapped-functions`,
      );
    else of.edits.push(...its);
  }
  for (const [file, { edits: its, lines }] of edits) {
    if (its.length > 0) diff.push(...unified(relative(root, file), lines, its));
  }
  return { diff, byHand };
}

/** Further copies by `count` share a block that can name one key only. */
function isOnlyCopy({ key, repeated }: FoundBlock): boolean {
  return repeated !== 'count' || key === '0';
}

function isProposed({ found, isWrapped }: ServedFunction): boolean {
  return isWrapped && (found.block === undefined || isOnlyCopy(found.block));
}

function moduleText(
  functions: readonly ServedFunction[],
  { manifest, source }: { readonly manifest: string; readonly source: string },
): string[] {
  const names = functions.filter(isProposed).map(({ key }) => key);
  // As `terraform fmt` aligns them.
  const width = Math.max(...names.map((name) => name.length)) + 2;
  return [
    'variable "live" {',
    '  description = "Whether livectl may serve this stage."',
    '  type        = bool',
    '  default     = false',
    '}',
    '',
    'variable "live_stage" {',
    '  description = "Name of the stage that livectl serves, e.g. dev-tom."',
    '  type        = string',
    '  default     = "dev"',
    '}',
    '',
    'locals {',
    `  live_functions = jsondecode(file("\${path.module}/${manifest}")).functions`,
    '}',
    '',
    'module "live_debug" {',
    `  source = ${JSON.stringify(source)}`,
    '',
    '  enabled = var.live',
    '  stage   = var.live_stage',
    '  mode    = "wrap"',
    '',
    '  # The functions and their triggers stay yours. Those of livectl.json are for `livectl serve --local`.',
    '  functions = {',
    `    for name in ${hclList(names)} : name => merge(local.live_functions[name], {`,
    '      triggers = {}',
    '      role     = local.live_roles[name]',
    '    })',
    '  }',
    '}',
    '',
    '# The roles of the functions get the permissions of the wrapper while the stage is live.',
    'locals {',
    '  live_roles = {',
    ...functions
      .filter(isProposed)
      .map(({ found, key }) => `    ${JSON.stringify(key).padEnd(width)} = ${roleOf(found)}`),
    '  }',
    '}',
  ];
}

function hclList(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
}

/** What the module takes as `role`: an object with name and ARN. */
function roleOf({ address, block, roleCode }: FoundFunction): string {
  if (block?.kind === 'module' && block.inModule === '' && block.repeated === undefined)
    return `{ name = module.${block.label}.lambda_role_name, arn = module.${block.label}.lambda_role_arn }`;
  return roleCode ?? `aws_iam_role.CHANGE_ME # the role of ${address}`;
}

function subjectOf(block: FoundBlock, key: string): string {
  return block.repeated === 'for_each' ? 'each.key' : JSON.stringify(key);
}

interface Place {
  readonly file: string;
  readonly lines: string[];
  /** Index of the block's first line, and of its closing brace. */
  readonly start: number;
  readonly end: number;
}

function placeOf({ kind, label }: FoundBlock, files: readonly string[]): Place | undefined {
  const head = kind === 'resource' ? `resource "aws_lambda_function" "${label}" {` : `module "${label}" {`;
  for (const file of files) {
    let lines: string[];
    try {
      if (statSync(file).size > largestFile) continue;
      lines = readFileSync(file, 'utf8').replace(/\n$/, '').split('\n');
    } catch {
      continue;
    }
    const start = lines.findIndex((line) => line.trim().replace(/\s{1,50}/g, ' ') === head);
    if (start < 0) continue;
    const indent = /^\s*/.exec(lines[start] ?? '')?.[0] ?? '';
    const end = lines.findIndex((line, at) => at > start && line.trimEnd() === `${indent}}`);
    if (end > 0) return { file, lines, start, end };
  }
  return undefined;
}

/** Lines `from` up to `to` (not included) become `lines`. */
interface Edit {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}

/** Undefined if the block has a form that is not recognised. */
function editsOf(
  lines: readonly string[],
  start: number,
  end: number,
  block: FoundBlock,
  subject: string,
): Edit[] | undefined {
  const layers = guarded(`module.live_debug.layers[${subject}]`, '[]', block);
  const environment = guarded(`module.live_debug.environment[${subject}]`, '{}', block);
  const { kind } = block;
  const name = kind === 'resource' ? 'variables' : 'environment_variables';
  const layersEdit = wrapped(lines, start, end, 'layers', 'concat', layers);
  const variablesEdit = wrapped(lines, start, end, name, 'merge', environment);
  if (layersEdit === 'unknown' || variablesEdit === 'unknown') return undefined;
  const added: string[] = [];
  if (layersEdit === undefined) added.push(`  layers = ${layers}`);
  if (variablesEdit === undefined) {
    if (kind === 'module') added.push(`  environment_variables = ${environment}`);
    else added.push('', '  environment {', `    variables = ${environment}`, '  }');
  }
  const edits = [...(layersEdit ?? []), ...(variablesEdit ?? [])];
  if (added.length > 0)
    edits.push({ from: end, to: end, lines: ['', ...added.filter((line, at) => at > 0 || line !== '')] });
  return edits.sort((one, other) => one.from - other.from);
}

/** Other keys of the block may not be in livectl.json. */
function guarded(value: string, otherwise: string, { repeated }: FoundBlock): string {
  return repeated === 'for_each' ? `try(${value}, ${otherwise})` : value;
}

/** `name = value` as `name = call(value, more)`; undefined if the block does not set it. */
function wrapped(
  lines: readonly string[],
  start: number,
  end: number,
  name: string,
  call: string,
  more: string,
): Edit[] | 'unknown' | undefined {
  const at = lines.findIndex((line, index) => {
    const words = line.trim();
    return index > start && index < end && words.startsWith(name) && /^\s*=/.test(words.slice(name.length));
  });
  if (at < 0) return undefined;
  const line = lines[at] ?? '';
  if (line.includes('module.live_debug.')) return [];
  const equals = line.indexOf('=');
  const value = line.slice(equals + 1).trim();
  const head = line.slice(0, equals + 1);
  if (isClosed(value)) return [{ from: at, to: at + 1, lines: [`${head} ${call}(${value}, ${more})`] }];
  const indent = /^\s*/.exec(line)?.[0] ?? '';
  const last = lines.findIndex(
    (each, index) =>
      index > at &&
      index < end &&
      /^\s*[\]})]+\s*$/.test(each) &&
      each.startsWith(indent) &&
      !/^\s/.test(each.slice(indent.length)),
  );
  if (last < 0) return 'unknown';
  return [
    { from: at, to: at + 1, lines: [`${head} ${call}(${value}`] },
    { from: last, to: last + 1, lines: [`${(lines[last] ?? '').trimEnd()}, ${more})`] },
  ];
}

/** Whether a value ends on its line, and has nothing behind it. */
function isClosed(value: string): boolean {
  if (value.includes('#') || value.includes('//') || value.includes('<<')) return false;
  let depth = 0;
  for (const character of value) {
    if ('([{'.includes(character)) depth += 1;
    if (')]}'.includes(character)) depth -= 1;
  }
  return depth === 0 && value !== '';
}

const contextLines = 3;

function unified(file: string, lines: readonly string[], edits: readonly Edit[]): string[] {
  const hunks: Edit[][] = [];
  for (const edit of [...edits].sort((one, other) => one.from - other.from)) {
    const last = hunks.at(-1);
    if (last !== undefined && edit.from - (last.at(-1)?.to ?? 0) <= 2 * contextLines) last.push(edit);
    else hunks.push([edit]);
  }
  let shift = 0;
  const diff = [`--- a/${file}`, `+++ b/${file}`];
  for (const hunk of hunks) {
    const from = Math.max(0, (hunk[0]?.from ?? 0) - contextLines);
    const to = Math.min(lines.length, (hunk.at(-1)?.to ?? 0) + contextLines);
    const body: string[] = [];
    let at = from;
    for (const edit of hunk) {
      for (; at < edit.from; at++) body.push(` ${lines[at] ?? ''}`);
      for (; at < edit.to; at++) body.push(`-${lines[at] ?? ''}`);
      for (const line of edit.lines) body.push(`+${line}`);
    }
    for (; at < to; at++) body.push(` ${lines[at] ?? ''}`);
    const removed = body.filter((line) => !line.startsWith('+')).length;
    const added = body.filter((line) => !line.startsWith('-')).length;
    diff.push(`@@ -${from + 1},${removed} +${from + 1 + shift},${added} @@`, ...body);
    shift += added - removed;
  }
  return diff;
}
