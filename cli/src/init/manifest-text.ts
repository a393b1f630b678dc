// The livectl.json that `init` proposes: what was found, beside what the file has already.
import * as v from 'valibot';
import { parseLayerArn } from '../manifest/layer-arn.ts';
import { brokenRules } from '../manifest/manifest-rules.ts';
import { functionSchema } from '../manifest/manifest-schema.ts';
import type { FoundFunction } from './found-function.ts';
import type { FoundSource } from './source-files.ts';

/** A function with its source. */
export interface ServedFunction {
  /** Its key in livectl.json. */
  readonly key: string;
  readonly found: FoundFunction;
  readonly source: FoundSource;
  /** As livectl.json has it. */
  readonly entry: Readonly<Record<string, unknown>>;
  /** Whether the deployed code can stay, and answer while nobody serves. */
  readonly isWrapped: boolean;
}

/** Lambda takes five layers, and the wrapper is one. */
const mostLayersBesideWrapper = 4;

/** Throws nothing: `mistake` says why livectl would refuse the entry. */
export function entryOf(
  found: FoundFunction,
  source: FoundSource,
): {
  readonly entry: ServedFunction['entry'];
  readonly isWrapped: boolean;
  readonly mistake: string | undefined;
} {
  // Only Terraform code can take the wrapper's layer.
  const isWrapped = found.block !== undefined && canBeWrapped(found);
  // Others are references that only AWS resolves.
  const layers = found.layers.filter((arn) => parseLayerArn(arn) !== undefined);
  const entry: Record<string, unknown> = {
    handler: source.handler,
    runtime: found.runtime,
    ...(layers.length === 0 ? {} : { layers }),
    ...(source.sourceDir === '.' ? {} : { source_dir: source.sourceDir }),
    ...found.settings,
    ...(isWrapped ? { mode: 'wrap' } : {}),
  };
  if (mistakeOf(entry) === undefined) return { entry, isWrapped, mistake: undefined };
  // What invokes it matters less than that it can be served.
  const { triggers: _triggers, vpc_config: _vpc, ...least } = entry;
  return { entry: least, isWrapped, mistake: mistakeOf(least) };
}

/** Of the stage that the proposed code names: its name is part of names and variables. */
const naming = { stage: 'dev', prefix: 'live-debug-dev' };

/** Why livectl would refuse the entry alone, as a phrase; undefined if it takes it. */
function mistakeOf(entry: Readonly<Record<string, unknown>>): string | undefined {
  const { issues, output, success } = v.safeParse(functionSchema, entry);
  if (!success) return issues[0].message;
  const [first] = brokenRules({ f: output }, naming);
  return first === undefined ? undefined : `${first.path.replace('functions.f.', '')} ${first.text}`;
}

/** The runtimes of docs/wrap.md. */
function canBeWrapped({ layers, runtime }: FoundFunction): boolean {
  const [, node] = /^nodejs(\d{1,4})\.x$/.exec(runtime) ?? [];
  const [, python] = /^python3\.(\d{1,4})$/.exec(runtime) ?? [];
  return layers.length <= mostLayersBesideWrapper && (Number(node ?? 0) >= 20 || Number(python ?? 0) >= 9);
}

/** Names that were proposed twice get a number; those of the file stay as they are. */
export function keyOf(proposed: string, taken: ReadonlySet<string>): string {
  const base = /^[a-zA-Z0-9_-]{1,64}$/.test(proposed) ? proposed : 'function';
  if (!taken.has(base)) return base;
  for (let count = 2; ; count++) {
    const key = `${base.slice(0, 58)}-${count}`;
    if (!taken.has(key)) return key;
  }
}

/** `before` is the file's object, if there is one: its entries are kept, and new ones follow. */
export function manifestText(
  before: Readonly<Record<string, unknown>> | undefined,
  functions: readonly ServedFunction[],
  schema: string | undefined,
): string {
  const added = Object.fromEntries(functions.map(({ entry, key }) => [key, entry]));
  const existing = before?.functions;
  const all = { ...(typeof existing === 'object' && existing !== null ? existing : {}), ...added };
  const head = schema === undefined || before?.$schema !== undefined ? {} : { $schema: schema };
  return `${JSON.stringify({ ...head, ...before, functions: all }, null, 2)}\n`;
}
