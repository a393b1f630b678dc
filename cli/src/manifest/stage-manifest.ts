// A stage's manifest on AWS: written by the Terraform module into the directory, parsed here.
import { basename, win32 } from 'node:path';
import * as v from 'valibot';
import type { Directory } from '../../../protocol/directory.ts';
import { parseJson } from '../../../protocol/json.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { didYouMean } from './did-you-mean.ts';
import { esbuildSettings, pathsOutside, stageEsbuildSchema } from './esbuild-settings.ts';
import type { FunctionSettings } from './function-settings.ts';
import { readManifestDocument } from './manifest-document.ts';
import { checkRelayUrl, type SigningRegion } from './relay-url.ts';
import { type TriggerTargets, triggerTargetsSchema } from './trigger-targets.ts';
import { type StageTunnel, stageTunnelsSchema, tunnelNameSchema } from './tunnel-settings.ts';
import { type Vpc, vpcSchema } from './vpc.ts';
import { mostWatchPatterns, watchPattern } from './watch-pattern.ts';
import { wrapSettings } from './wrap-settings.ts';

/** In seconds (AWS: "Lambda quotas"). */
const longestTimeout = 900;
/** In MB; far above Lambda's quota, which AWS has raised before. */
const mostMemory = 1024 * 1024;

/** Builds are written to a folder of this name, so it must not be a path. The module only accepts words. */
const functionName = v.pipe(
  v.string(),
  v.check((name) => basename(name) === name && win32.basename(name) === name && !/^\.*$/.test(name)),
);

/** Versions and aliases included. The account must be that of livectl's credentials, or AWS refuses. */
const functionArn = /^arn:[\w-]+:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$/;

/** The interface between module and livectl; fields of later versions of the module are ignored. */
const documentSchema = v.object({
  version: v.literal(1),
  relay: v.object({ url: v.pipe(v.string(), v.url()) }),
  stub: v.nullish(v.object({ code_sha256: v.string(), understands: v.nullish(v.array(v.string()), []) })),
  observe_only: v.nullish(v.boolean()),
  wrapper: v.nullish(v.object({ layer_arn: v.string() })),
  functions: v.record(
    functionName,
    v.object({
      function_name: v.string(),
      handler: v.string(),
      runtime: v.string(),
      timeout: v.pipe(v.number(), v.minValue(1), v.maxValue(longestTimeout)),
      memory_size: v.pipe(v.number(), v.minValue(1), v.maxValue(mostMemory)),
      source_dir: v.nullish(v.string(), '.'),
      build: v.nullish(v.array(v.string())),
      command: v.nullish(v.array(v.string())),
      python: v.nullish(v.string()),
      layers: v.nullish(v.array(v.string()), []),
      layer_dirs: v.nullish(v.array(v.string()), []),
      watch: v.nullish(v.pipe(v.array(watchPattern), v.maxLength(mostWatchPatterns))),
      esbuild: v.nullish(stageEsbuildSchema),
      triggers: v.nullish(triggerTargetsSchema, {}),
      mode: v.nullish(v.picklist(['replace', 'wrap'])),
      exec_wrapper: v.nullish(v.string()),
      wrap_init: v.nullish(v.picklist(['eager', 'lazy'])),
      qualifier: v.nullish(v.pipe(v.string(), v.regex(/^[\w-]{1,128}$/))),
      fallback_arn: v.nullish(v.pipe(v.string(), v.regex(functionArn))),
      vpc_config: v.nullish(v.object({ vpc_id: v.nullish(v.string()) })),
      tunnel: v.nullish(tunnelNameSchema),
    }),
  ),
  vpcs: v.nullish(v.array(vpcSchema), []),
  tunnels: v.nullish(stageTunnelsSchema, {}),
});

/** A stage as Terraform described it. */
export interface StageManifest {
  readonly relayUrl: string;
  readonly functions: readonly FunctionSettings[];
  /** SHA-256 of the stub's package in base64; undefined if an older module wrote the manifest. */
  readonly stubSha256: string | undefined;
  /** The version of the layer that wrapped functions have; undefined where none is wrapped, or an older module wrote it. */
  readonly wrapperLayer: string | undefined;
  /** Its stubs and wrappers find clients with a filter; those of an earlier module pass over them. */
  readonly knowsFilters: boolean;
  /** They send copies to clients that observe. */
  readonly knowsObservers: boolean;
  /** Nobody may serve it: it is named for production, and the module has `allow_observe`. */
  readonly isObserveOnly: boolean;
  /** HTTP URLs, for functions that have one. */
  readonly urls: ReadonlyMap<string, string>;
  /** Each function's name on AWS. */
  readonly functionNames: ReadonlyMap<string, string>;
  /** The VPCs of its functions. */
  readonly vpcs: readonly Vpc[];
  /** By name; empty if the stage has none, or an older module wrote the manifest. */
  readonly tunnels: ReadonlyMap<string, StageTunnel>;
  /** The resources of each function's triggers on AWS. */
  readonly targets: ReadonlyMap<string, TriggerTargets>;
  /** Written by module 0.1: the stage has no secret, so invocations cannot be authenticated. */
  readonly isOfModule01: boolean;
}

/**
 * Reads the manifest item. Rejects with LD_STAGE if there is none or it has another version, LD_CONFIG for an unknown
 * `--function`, LD_UNTRUSTED for a relay at an address that is not allowed, and with the directory's errors.
 */
export async function readStageManifest(
  directory: Directory,
  stage: string,
  only: readonly string[] | undefined,
  signing: SigningRegion,
): Promise<StageManifest> {
  const document = await readManifestDocument(directory, stage);
  if (document === undefined) {
    throw new LiveDebugError('LD_STAGE', `table ${directory.tableName} has no manifest of stage ${stage}`, {
      remedy: `apply the module with stage = "${stage}" and enabled = true`,
    });
  }
  const parsed = v.safeParse(documentSchema, parseJson(document.text));
  if (!parsed.success) {
    const fields = Object.keys(v.flatten(parsed.issues).nested ?? {}).join(', ');
    throw new LiveDebugError(
      'LD_STAGE',
      `the manifest of stage ${stage} has invalid fields for this livectl: ${fields}`,
      {
        remedy: 'use the same version of livectl and the Terraform module, and apply',
      },
    );
  }
  const { functions, observe_only, relay, stub, vpcs, wrapper } = parsed.output;
  const tunnels = new Map(Object.entries(parsed.output.tunnels));
  checkRelayUrl(stage, relay.url, signing);
  for (const [name, entry] of Object.entries(functions)) {
    const [path] = pathsOutside(esbuildSettings(entry.esbuild), entry.source_dir);
    if (path === undefined) continue;
    const place = `functions.${name}.esbuild of stage ${stage}`;
    throw new LiveDebugError(
      'LD_STAGE',
      `${place} names ${JSON.stringify(path)}, outside the folder that livectl serves`,
      {
        remedy: 'name a file of the project in the Terraform module, relative to source_dir, and apply',
      },
    );
  }
  const names = Object.keys(functions);
  for (const name of only ?? []) {
    if (names.includes(name)) continue;
    throw new LiveDebugError(
      'LD_CONFIG',
      `There is no function ${JSON.stringify(name)}${didYouMean(name, names) || '.'}`,
      {
        remedy: `Functions of stage ${stage}: ${names.join(', ')}.`,
      },
    );
  }
  const chosen = Object.entries(functions).filter(([name]) => only === undefined || only.includes(name));
  const urls = new Map<string, string>();
  for (const [name, { triggers }] of chosen) {
    const url = triggers.http?.url ?? triggers.function_url?.url;
    if (url !== undefined) urls.set(name, url);
  }
  return {
    relayUrl: relay.url,
    stubSha256: stub?.code_sha256,
    wrapperLayer: wrapper?.layer_arn,
    knowsFilters: stub?.understands.includes('filters') ?? false,
    knowsObservers: stub?.understands.includes('observe') ?? false,
    isObserveOnly: observe_only ?? false,
    functions: chosen.map(([name, entry]) => settingsOf(name, entry, tunnels)),
    urls,
    functionNames: new Map(chosen.map(([name, entry]) => [name, entry.function_name])),
    vpcs,
    tunnels,
    targets: new Map(chosen.map(([name, { triggers }]) => [name, triggers])),
    isOfModule01: document.isOfModule01,
  };
}

function settingsOf(
  name: string,
  entry: v.InferOutput<typeof documentSchema>['functions'][string],
  tunnels: ReadonlyMap<string, StageTunnel>,
): FunctionSettings {
  return {
    name,
    handler: entry.handler,
    runtime: entry.runtime,
    timeout: entry.timeout,
    memorySize: entry.memory_size,
    // The stub sends them with every invocation; they are never in the table.
    environment: {},
    // The stub knows how it answers.
    invokeMode: undefined,
    durable: undefined,
    sourceDir: entry.source_dir,
    build: wordsOf(entry.build),
    command: wordsOf(entry.command),
    python: entry.python ?? undefined,
    layers: entry.layers,
    layerDirs: entry.layer_dirs,
    watch: entry.watch ?? undefined,
    esbuild: esbuildSettings(entry.esbuild),
    inVpc: Boolean(entry.vpc_config),
    tunnel: typeof entry.tunnel === 'string' && tunnels.has(entry.tunnel) ? entry.tunnel : undefined,
    wrap: wrapSettings({
      mode: entry.mode ?? undefined,
      exec_wrapper: entry.exec_wrapper ?? undefined,
      wrap_init: entry.wrap_init ?? undefined,
    }),
    fallbackArn: entry.fallback_arn ?? undefined,
    qualifier: entry.qualifier ?? undefined,
    triggers: {},
  };
}

function wordsOf(words: readonly string[] | null | undefined): [string, ...string[]] | undefined {
  const [program, ...args] = words ?? [];
  return program === undefined ? undefined : [program, ...args];
}
