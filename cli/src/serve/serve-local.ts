// `livectl serve --local`: the stage is an embedded cloud on 127.0.0.1, started and ended with livectl.
import { systemClock } from '../../../protocol/clock.ts';
import { ClockSkew } from '../../../protocol/clock-skew.ts';
import { Directory } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { resolveTargets } from '../builder/resolve-targets.ts';
import { KeptCloud } from '../cloud/kept-cloud.ts';
import { fallbackOf } from '../manifest/fallback.ts';
import type { FunctionSettings } from '../manifest/function-settings.ts';
import { type LoadedManifest, loadManifest, type Manifest } from '../manifest/load-manifest.ts';
import { givenVariables } from '../session/variables/function-variables.ts';
import { checkCommand } from '../vpn/check-command.ts';
import { deployedCodes } from './deployed-code.ts';
import { openEmbeddedCloud } from './embedded-cloud.ts';
import { checkEverythingElse } from './everything-else.ts';
import { LocalLayers } from './layers-of-livectl-json.ts';
import { watchManifest } from './manifest-changes.ts';
import { openLocalVariables } from './open-local-variables.ts';
import { openSecrets } from './open-secrets.ts';
import { withoutRefusedTriggers } from './refused-triggers.ts';
import { serveUntilStopped } from './serving.ts';
import type { OpenedStage, ServingOptions } from './stage-to-serve.ts';
import type { Workspace } from './workspace.ts';

export interface ServeLocalOptions extends ServingOptions {
  readonly port: number;
  /** Other users of this machine may call the functions over HTTP. */
  readonly allowOtherUsers: boolean;
}

/** The local cloud's only stage. */
const stage = 'local';

/** Serves the manifest of a folder; resolves with the exit code. */
export function serveLocal(options: ServeLocalOptions): Promise<number> {
  // The next round of a changed manifest keeps the port that the first one got.
  let { port } = options;
  const onPort = (its: number) => {
    port = its;
  };
  // The last good one: the file may have mistakes again when the next round begins.
  let good: { readonly manifest: LoadedManifest; readonly whole: LoadedManifest } | undefined;
  const layers = new LocalLayers(options);
  const kept = new KeptCloud();
  const load = async (layersOf: LocalLayers['open']) => {
    const read = async (names: ServeLocalOptions['functions']) =>
      withoutRefusedTriggers(await loadManifest({ ...options, functions: names, allowBroken: true }));
    const manifest = await read(options.functions);
    const whole = await read(undefined);
    const { functions } = await layersOf({ manifest, whole });
    resolveTargets({ ...manifest, functions: named(functions, manifest) });
    // A flag that names a function of the last good file must not end what is served.
    openLocalVariables(manifest, options.variables, () => undefined);
    if (options.filters.length > 0) {
      // Nothing of the local cloud answers for a broken one in any case.
      const served = manifest.functions
        .filter(({ name }) => !manifest.broken?.has(name))
        .map(({ name, wrap }) => ({ name, fallback: fallbackOf({ wrap }) }));
      checkEverythingElse(served, manifest.file, true);
    }
    good = { manifest, whole };
    return good;
  };
  return serveUntilStopped(options, async () => {
    const read = good ?? (await load(layers.open));
    const { functions, notices } = await layers.open(read);
    const manifest = { ...read.manifest, functions: named(functions, read.manifest) };
    const whole = { ...read.whole, functions };
    return {
      manifest,
      all: whole.functions,
      watch: (emit) =>
        watchManifest({ served: whole, load: async () => (await load(layers.known)).whole, emit }),
      privateResources: {
        functions: manifest.functions.map(({ environment, inVpc, name }) => ({
          name,
          inVpc,
          vpcId: undefined,
          environment: async () => environment,
        })),
        cidrs: [],
        command: checkCommand({ kind: 'local', root: options.root, config: options.config }),
      },
      open: (workspace, localBuilt) =>
        openCloud(
          { options, manifest, whole, notices: layers.unsaid(notices), localBuilt, port, onPort, kept },
          workspace,
        ),
    };
  });
}

/** The functions that a manifest has. */
function named(functions: readonly FunctionSettings[], manifest: Manifest): readonly FunctionSettings[] {
  const names = new Set(manifest.functions.map(({ name }) => name));
  return functions.filter(({ name }) => names.has(name));
}

interface LocalStage {
  readonly options: ServeLocalOptions;
  /** What is served. */
  readonly manifest: Manifest;
  /** Includes the functions that are not served. */
  readonly whole: Manifest;
  /** Of their layers. */
  readonly notices: readonly string[];
  readonly localBuilt: Promise<void>;
  /** Of the HTTP front; 0 chooses a free one, which `onPort` is told. */
  readonly port: number;
  readonly onPort: (port: number) => void;
  readonly kept: KeptCloud;
}

async function openCloud(
  { kept, localBuilt, manifest, notices, onPort, options, port, whole }: LocalStage,
  workspace: Workspace,
): Promise<OpenedStage> {
  const { closers, emit } = workspace;
  for (const message of notices) emit({ event: 'notice', message });
  const served = new Set(manifest.functions.map(({ name }) => name));
  const wrapped = whole.functions.filter(({ wrap }) => wrap);
  // Nobody else can serve a stub here; a wrapped function answers by itself.
  const notServed = wrapped.filter(({ name }) => !served.has(name));
  const functions = [...manifest.functions, ...notServed];
  const codes = deployedCodes({
    manifest: { ...whole, functions: wrapped },
    served,
    localBuilt,
    onNotice: (message) => emit({ event: 'notice', message }),
  });
  closers.add(() => codes.close());
  const { allowOtherUsers, verbose } = options;
  const cloud = await openEmbeddedCloud(
    {
      ...{ functions, stage, port, allowOtherUsers, verbose },
      kept,
      deployedCode: codes.of,
      liftTimeouts: options.noTimeout || options.inspect !== undefined,
    },
    workspace,
    emit,
  );
  onPort(Number(new URL(cloud.url).port));
  const http = new HttpClient();
  closers.add(() => http.close());
  const { developerCredentials, directoryUrl, functionUrls, region, relayUrl, tableName, url } = cloud;
  const credentials = () => developerCredentials;
  const skew = new ClockSkew();
  const directory = new Directory({
    endpoint: directoryUrl,
    region,
    tableName,
    http,
    credentials,
    clock: systemClock,
    skew,
  });
  const secrets = await openSecrets(directory, stage, false, emit);
  return {
    relay: { url: relayUrl, region, stage, secrets, credentials, http },
    directory,
    skew,
    caller: undefined,
    variables: givenVariables(cloud.variables, region),
    url,
    functionUrls,
    described: {
      kind: 'local',
      endpoint: cloud.endpointUrl,
      region,
      credentials: developerCredentials,
      targets: Object.fromEntries(cloud.triggerTargets),
      qualifiers: Object.fromEntries(
        functions.flatMap(({ name, qualifier }) => (qualifier === undefined ? [] : [[name, qualifier]])),
      ),
      fallbacks: Object.fromEntries(
        // Not another function: what fallback_arn names is on AWS.
        functions.map(({ name, wrap }) => [name, fallbackOf({ wrap })]),
      ),
    },
    targets: cloud.triggerTargets,
    sources: { resume: cloud.resumeSources, pause: cloud.pauseSources },
    notServed: notServed.map(({ name }) => name),
    place: { kind: 'local', root: options.root, config: options.config },
  };
}
