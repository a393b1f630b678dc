// Finds, reads and checks livectl.json, and turns it into plain settings for all rooms.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { deployableText, mistakesByFunction, placeholders } from './broken-functions.ts';
import type { Naming } from './derived-names.ts';
import { didYouMean } from './did-you-mean.ts';
import { esbuildSettings } from './esbuild-settings.ts';
import type { FunctionSettings } from './function-settings.ts';
import { JsonMistake, parseJson } from './json-text.ts';
import { brokenRules } from './manifest-rules.ts';
import type { FunctionText } from './manifest-schema.ts';
import { functionSchema, manifestSchema } from './manifest-schema.ts';
import { jsonPath, type Mistake, mistakesError } from './mistakes.ts';
import { terraformValue } from './terraform-value.ts';
import { localTunnelOf, type TunnelText } from './tunnel-settings.ts';
import { modeOf, wrapSettings } from './wrap-settings.ts';

/** A valid manifest. */
export interface Manifest {
  /** The file it was read from, absolute. */
  readonly file: string;
  /** The folder that `source_dir` is relative to, absolute. */
  readonly root: string;
  /** The requested functions, in the file's order. */
  readonly functions: readonly FunctionSettings[];
  /** Functions of it that cannot be run, with the mistakes in their settings, in the file's order; default: none. */
  readonly broken?: ReadonlyMap<string, readonly Mistake[]> | undefined;
}

/** One that was read from a file. */
export interface LoadedManifest extends Manifest {
  /** Every function by its name as the file has it, with defaults. */
  readonly texts: Readonly<Record<string, FunctionText>>;
  /** `tunnel` as the file has it. */
  readonly tunnel: TunnelText | undefined;
  /** `redact` as the file has it. */
  readonly redact: readonly string[];
}

interface ManifestOptions {
  /** `--root`. */
  readonly root: string;
  /** `--config`; default `livectl.json` in the root. */
  readonly config?: string | undefined;
  /** `--function`, repeatable; none means all. */
  readonly functions?: readonly string[] | undefined;
  /** Where the functions are served, which determines the length of their names. Default: the local cloud. */
  readonly naming?: Naming | undefined;
  /** The mode, from a stage's manifest, of a function that sets none in the file. */
  readonly modeOf?: ((functionName: string) => 'replace' | 'wrap' | undefined) | undefined;
  /**
   * Functions with mistakes are `broken`, and the others can be used. Default: the file is refused. Either way, it is if the
   * mistakes are of the file itself, or all functions have some.
   */
  readonly allowBroken?: boolean | undefined;
}

const fileName = 'livectl.json';

const localNaming: Naming = { prefix: 'live-debug-local', stage: 'local' };

const example = `{
  "functions": {
    "hello": { "handler": "src/hello.handler", "runtime": "nodejs22.x" }
  }
}`;

/**
 * Reads the manifest. Throws `LD_CONFIG` with all mistakes at once: no file, invalid JSON (with line and column), invalid fields
 * (with their paths), an unknown `--function`.
 */
export async function loadManifest(options: ManifestOptions): Promise<LoadedManifest> {
  const root = resolve(options.root);
  const file = options.config === undefined ? join(root, fileName) : resolve(options.config);
  const value = terraformValue(manifestSchema, parse(file, await read(file)));
  const naming = options.naming ?? localNaming;
  const parsed = v.safeParse(manifestSchema, value);
  const texts = Object.fromEntries(
    Object.entries(parsed.success ? parsed.output.functions : soundFunctions(value)).map(
      ([name, text]): [string, FunctionText] => [
        name,
        { ...text, mode: modeOf(text, options.modeOf?.(name)) },
      ],
    ),
  );
  const mistakes = [...(parsed.issues ?? []).map(mistakeOf), ...brokenRules(texts, naming)];
  const whole = wholeOf({ value, texts, naming, mistakes, allowBroken: options.allowBroken === true });
  if (whole === undefined) throw mistakesError(file, mistakes);
  const { broken, redact, tunnel } = whole;
  const all = Object.entries(whole.texts).map(([name, text]) => settingsOf(name, text, tunnel));
  const functions = selected(all, options.functions ?? [], file);
  return {
    file,
    root,
    functions,
    texts: whole.texts,
    tunnel,
    redact,
    ...(broken.size > 0 ? { broken } : {}),
  };
}

interface Checked {
  readonly value: unknown;
  /** The functions that have the right shape, with their modes. */
  readonly texts: Readonly<Record<string, FunctionText>>;
  readonly naming: Naming;
  readonly mistakes: readonly Mistake[];
  readonly allowBroken: boolean;
}

type WholeManifest = Pick<LoadedManifest, 'redact' | 'texts' | 'tunnel'> & {
  readonly broken: NonNullable<Manifest['broken']>;
};

/** With the functions that cannot be run, as they are deployed; undefined if the file is to be refused. */
function wholeOf({ allowBroken, mistakes, naming, texts, value }: Checked): WholeManifest | undefined {
  const raw = (value as { readonly functions?: Readonly<Record<string, unknown>> } | null)?.functions ?? {};
  const names = Object.keys(raw);
  const broken = mistakes.length === 0 || allowBroken ? mistakesByFunction(mistakes, names) : undefined;
  if (broken === undefined) return undefined;
  // Good ones first: of two that cannot be deployed together, the broken one gives way.
  let deployed = Object.fromEntries(Object.entries(texts).filter(([name]) => !broken.has(name)));
  const rules = (functions: typeof texts) => brokenRules(functions, naming);
  for (const name of names.filter((each) => broken.has(each)))
    deployed = { ...deployed, [name]: deployableText(name, raw[name], deployed, rules) };
  const inOrder = Object.fromEntries(
    names.flatMap((name) => (Object.hasOwn(deployed, name) ? [[name, deployed[name] as FunctionText]] : [])),
  );
  const rest = v.safeParse(manifestSchema, { ...(value as object), functions: { any: placeholders } });
  if (!rest.success) return undefined;
  const { redact, tunnel } = rest.output;
  const ordered = new Map(
    names.flatMap((name) => (broken.has(name) ? [[name, broken.get(name) ?? []]] : [])),
  );
  return { broken: ordered, redact, texts: inOrder, tunnel };
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') {
      throw new LiveDebugError('LD_CONFIG', `${file} can't be read: ${messageOf(cause)}`, {
        remedy: 'Name a readable file with --config.',
        cause,
      });
    }
    throw new LiveDebugError('LD_CONFIG', `There is no ${file}, which names the functions to serve.`, {
      remedy: `Name another file with --config or another folder with --root, or write ${file}, for example:\n${example}`,
      cause,
    });
  }
}

function parse(file: string, text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    if (!(cause instanceof JsonMistake)) throw cause;
    throw new LiveDebugError('LD_CONFIG', `${file}:${cause.line}:${cause.column}: ${cause.message}`, {
      remedy: `Correct ${file} and start again.`,
      cause,
    });
  }
}

function mistakeOf({ path, message }: v.BaseIssue<unknown>): Mistake {
  return { path: jsonPath((path ?? []).map(({ key }) => key)), text: message };
}

/** The functions of an invalid manifest that have the right shape, so that their other mistakes are reported as well. */
function soundFunctions(value: unknown): Readonly<Record<string, FunctionText>> {
  const functions = (value as { functions?: unknown } | null)?.functions;
  const sound: Record<string, FunctionText> = {};
  for (const [name, text] of Object.entries(functions ?? {})) {
    const parsed = v.safeParse(functionSchema, text);
    if (parsed.success) sound[name] = parsed.output;
  }
  return sound;
}

function settingsOf(name: string, text: FunctionText, tunnel: TunnelText | undefined): FunctionSettings {
  return {
    name,
    handler: text.handler,
    runtime: text.runtime,
    timeout: text.timeout,
    memorySize: text.memory_size,
    qualifier: text.qualifier,
    environment: text.environment,
    invokeMode: text.invoke_mode,
    durable: text.durable_config && { executionTimeout: text.durable_config.execution_timeout },
    sourceDir: text.source_dir,
    build: text.build as [string, ...string[]] | undefined,
    command: text.command as [string, ...string[]] | undefined,
    python: text.python,
    layers: text.layers,
    layerDirs: text.layer_dirs,
    watch: text.watch,
    esbuild: esbuildSettings(text.esbuild),
    inVpc: text.vpc_config !== undefined,
    tunnel: localTunnelOf(text, tunnel),
    wrap: wrapSettings(text),
    fallbackArn: text.fallback_arn,
    triggers: text.triggers,
  };
}

function selected(
  functions: readonly FunctionSettings[],
  names: readonly string[],
  file: string,
): readonly FunctionSettings[] {
  if (names.length === 0) return functions;
  const known = functions.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const sentences = unknown.map(
      (name) => `There is no function ${JSON.stringify(name)}${didYouMean(name, known) || '.'}`,
    );
    throw new LiveDebugError('LD_CONFIG', sentences.join('\n'), {
      remedy: `Functions in ${file}: ${known.join(', ')}.`,
    });
  }
  return functions.filter(({ name }) => names.includes(name));
}
