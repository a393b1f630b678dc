// `livectl cloud`: the embedded cloud alone, with a stage that any livectl on this machine can serve.
import { resolve } from 'node:path';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { proxyAgent } from '../aws/proxy-agents.ts';
import { checkTargets } from '../builder/resolve-targets.ts';
import type { Cloud } from '../cloud/cloud.ts';
import { type NetworkNamespace, openNetworkNamespace } from '../cloud/vpc/network-namespace.ts';
import { exitCodes } from '../exit-code.ts';
import { type CloudReady, type CloudRunEvent, prettyCloud } from '../log/cloud-lines.ts';
import { jsonLines } from '../log/json-lines.ts';
import { type OutputFormat, processOutput } from '../log/output.ts';
import { type LoadedManifest, loadManifest } from '../manifest/load-manifest.ts';
import { kindOf } from '../manifest/path-kind.ts';
import type { TunnelText } from '../manifest/tunnel-settings.ts';
import { defaultName, type Folder, folderArgs } from '../place.ts';
import { runToExit } from '../run/run-to-exit.ts';
import { type DeployedCodes, deployedCodes } from './deployed-code.ts';
import { openEmbeddedCloud } from './embedded-cloud.ts';
import { withCachedLayers } from './local-layers.ts';
import { servedFunction } from './report-ready.ts';
import { openRunFolder, type RunFolder } from './run-folder.ts';

export interface ServeCloudOptions extends Folder {
  /** The folder with the deployed code; default: the root. */
  readonly deployed: string | undefined;
  readonly stage: string;
  /** `--observe-only`: nobody may serve. */
  readonly observeOnly: boolean;
  /** Port of the HTTP front; 0 chooses a free one. */
  readonly port: number;
  /** Other users of this machine may call the functions over HTTP. */
  readonly allowOtherUsers: boolean;
  /** Name of the network namespace of the tunnel function; default: no tunnel. */
  readonly vpc: string | undefined;
  readonly format: OutputFormat;
  readonly verbose: boolean;
}

type Show = (event: CloudRunEvent) => void;

/** Runs the cloud until a signal; resolves with the exit code. Errors are written, not thrown. */
export async function serveCloud(options: ServeCloudOptions): Promise<number> {
  const show: Show = options.format === 'json' ? jsonLines(processOutput) : prettyCloud(processOutput);
  const exitCode = await runToExit(options, async (closers) => {
    const { config, root, stage } = options;
    const naming = { prefix: `${defaultName}-${stage}`, stage };
    const manifest = await loadManifest({ root, config, naming });
    if (options.observeOnly) checkWrapped(manifest);
    const deployed = deployedManifest(manifest, options);
    const namespace = options.vpc === undefined ? undefined : await openNetworkNamespace(options.vpc);
    const folder = await openRunFolder(closers);
    const ready = await Promise.race([
      open({ options, manifest, deployed, namespace }, folder, show),
      folder.stopAsked,
    ]);
    if (ready !== 'stop') {
      show(ready);
      for (const message of elsewhere()) show({ event: 'notice', message });
      await folder.stopAsked;
    }
    return exitCodes.ok;
  });
  if (exitCode === exitCodes.ok) show({ event: 'stopped' });
  return exitCode;
}

/** The wrapped functions, with their code in the deployed folder. Throws LD_CONFIG if some of it is missing. */
function deployedManifest(manifest: LoadedManifest, { deployed }: ServeCloudOptions): LoadedManifest {
  const root = deployed === undefined ? manifest.root : resolve(deployed);
  if (kindOf(root) !== 'folder') {
    throw new LiveDebugError('LD_CONFIG', `There is no folder ${root}, whose code would be deployed.`, {
      remedy: 'Name another folder with --deployed, or leave it out to deploy the code in --root.',
    });
  }
  const functions = withCachedLayers(manifest.functions.filter(({ wrap }) => wrap));
  const wrapped = { ...manifest, root, functions };
  checkTargets(wrapped);
  return wrapped;
}

/** Throws LD_CONFIG, as the module does for a production stage: nothing would answer for a replaced function. */
function checkWrapped({ file, functions }: LoadedManifest): void {
  const replaced = functions.filter(({ wrap }) => !wrap).map(({ name }) => name);
  if (replaced.length === 0) return;
  throw new LiveDebugError(
    'LD_CONFIG',
    `--observe-only: nothing would answer for ${replaced.join(', ')} of ${file}, which the stub replaces`,
    { remedy: 'set "mode": "wrap" for them' },
  );
}

interface StageParts {
  readonly options: ServeCloudOptions;
  readonly manifest: LoadedManifest;
  readonly deployed: LoadedManifest;
  readonly namespace: NetworkNamespace | undefined;
}

async function open(
  { deployed, manifest, namespace, options }: StageParts,
  folder: RunFolder,
  show: Show,
): Promise<CloudReady> {
  const { allowOtherUsers, observeOnly, port, stage, verbose } = options;
  const codes = deployedCodes({
    manifest: deployed,
    // Only this is built here.
    served: new Set(),
    localBuilt: Promise.resolve(),
    onNotice: (message) => show({ event: 'notice', message }),
  });
  folder.closers.add(() => codes.close());
  const { functions, texts, tunnel } = manifest;
  const allow = namespace === undefined ? [] : allowedIn(namespace, tunnel);
  const cloud = await openEmbeddedCloud(
    {
      ...{ functions, stage, observeOnly, port, allowOtherUsers, verbose },
      manifest: texts,
      vpc: namespace && { namespace, allow },
      deployedCode: codes.of,
      liftTimeouts: false,
    },
    folder,
    show,
  );
  return {
    event: 'ready',
    stage,
    url: cloud.url,
    ...(namespace === undefined || cloud.tunnelFunction === undefined
      ? {}
      : { tunnel: { function_name: cloud.tunnelFunction, vpc: namespace.name, allow } }),
    env: environmentOf(cloud),
    functions: await describe(manifest, cloud, codes),
    deployed: deployed.root,
    serve_args: ['--stage', stage, ...folderArgs(absolute(manifest.root, options))],
    ms: Math.round(performance.now()),
  };
}

/** Where the tunnel function may connect to. Throws LD_CONFIG if that would be nowhere. */
function allowedIn({ name, networks }: NetworkNamespace, tunnel: TunnelText | undefined): readonly string[] {
  const allow = tunnel?.allow ?? networks;
  if (allow.length > 0) return allow;
  throw new LiveDebugError(
    'LD_CONFIG',
    `The network namespace ${name} has no address but loopback’s, so its tunnel would lead nowhere`,
    {
      remedy: `Give an interface of it an address (\`ip -n ${name} address add ADDRESS dev INTERFACE\`), or set "tunnel": { "allow": [...] } in livectl.json.`,
    },
  );
}

/** With absolute paths, for terminals in other folders. */
function absolute(root: string, { config }: Folder): Folder {
  return { root, config: config === undefined ? undefined : resolve(config) };
}

/** Waits until everything that is deployed has been built. */
async function describe(
  { functions }: LoadedManifest,
  { functionUrls, triggerTargets: targets }: Cloud,
  codes: DeployedCodes,
): Promise<CloudReady['functions']> {
  const place = { kind: 'local' } as const;
  return Promise.all(
    functions.map(async (settings) => {
      const described = servedFunction(settings, { functionUrls, targets, place });
      const isMissing = settings.wrap !== undefined && (await codes.of(settings.name)) === undefined;
      return isMissing ? { ...described, fallback: { kind: 'none' } } : described;
    }),
  );
}

/** The variables with which a program uses this cloud as AWS. */
function environmentOf({ developerCredentials, endpointUrl, endpointVariables, region }: Cloud) {
  const { accessKeyId, secretAccessKey, sessionToken } = developerCredentials;
  // A proxy does not reach this machine's own ports.
  const isProxied = proxyAgent(new URL(endpointUrl)) !== undefined;
  const exceptions = process.env.NO_PROXY ?? process.env.no_proxy;
  return {
    ...endpointVariables,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    ...(isProxied ? { NO_PROXY: [exceptions, '127.0.0.1'].filter(Boolean).join(',') } : {}),
  };
}

/** Such a variable takes precedence over the cloud's own, so that functions can use another emulator; one of an earlier cloud is a mistake. */
function elsewhere(): string[] {
  const names = Object.keys(process.env).filter(
    (name) => /^AWS_ENDPOINT_URL(_|$)/.test(name) && process.env[name],
  );
  if (names.length === 0) return [];
  return [
    `${names.join(', ')} of this terminal is given to the functions in place of this cloud’s; unset it to let them publish here`,
  ];
}
