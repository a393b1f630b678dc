// `livectl serve --local`: the stage is an embedded cloud on 127.0.0.1, started and ended with livectl.
import stubZip from 'embedded:stub.zip';
import wrapperZip from 'embedded:wrapper.zip';
import { systemClock } from '../../../protocol/clock.ts';
import { ClockSkew } from '../../../protocol/clock-skew.ts';
import { Directory } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { errorCodes } from '../../../protocol/live-debug-error.ts';
import { proxyAgent } from '../aws/proxy-agents.ts';
import type { CloudEvent, CloudFunction } from '../cloud/cloud.ts';
import { startCloud } from '../cloud/start-cloud.ts';
import { fallbackOf } from '../manifest/fallback.ts';
import type { FunctionSettings } from '../manifest/function-settings.ts';
import { loadManifest, type Manifest } from '../manifest/load-manifest.ts';
import { nodeCommand } from '../platform.ts';
import type { SessionEvent } from '../session/session-event.ts';
import { givenVariables } from '../session/variables/function-variables.ts';
import { checkCommand } from '../vpn/check-command.ts';
import { deployedCodes } from './deployed-code.ts';
import { openSecrets } from './open-secrets.ts';
import { serveUntilStopped } from './serving.ts';
import type { OpenedStage, ServingOptions } from './stage-to-serve.ts';
import type { Workspace } from './workspace.ts';

export interface ServeLocalOptions extends ServingOptions {
  readonly config: string | undefined;
  readonly port: number;
  /** Other users of this machine may call the functions over HTTP. */
  readonly allowOtherUsers: boolean;
}

/** The local cloud's only stage. */
const stage = 'local';

/** Serves the manifest of a folder; resolves with the exit code. */
export function serveLocal(options: ServeLocalOptions): Promise<number> {
  return serveUntilStopped(options, async () => {
    const manifest = await loadManifest(options);
    const whole = await loadManifest({ ...options, functions: undefined });
    return {
      manifest,
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
      open: (workspace, localBuilt) => openCloud({ options, manifest, whole, localBuilt }, workspace),
    };
  });
}

interface LocalStage {
  readonly options: ServeLocalOptions;
  /** What is served. */
  readonly manifest: Manifest;
  /** With the functions that are not. */
  readonly whole: Manifest;
  readonly localBuilt: Promise<void>;
}

async function openCloud(
  { localBuilt, manifest, options, whole }: LocalStage,
  workspace: Workspace,
): Promise<OpenedStage> {
  const { closers, emit, nodeRuntimeFile, tempDir } = workspace;
  const served = new Set(manifest.functions.map(({ name }) => name));
  const wrapped = whole.functions.filter(({ wrap }) => wrap);
  // Nobody else can serve a stub here; a wrapped function answers without.
  const notServed = wrapped.filter(({ name }) => !served.has(name));
  const functions = [...manifest.functions, ...notServed];
  const codes = deployedCodes({
    manifest: { ...whole, functions: wrapped },
    served,
    localBuilt,
    onNotice: (message) => emit({ event: 'notice', message }),
  });
  closers.add(() => codes.close());
  const cloud = await startCloud({
    functions: functions.map(deployed),
    wrapper: { zip: wrapperZip, deployedCode: codes.of },
    port: options.port,
    stage,
    stubZip,
    nodeRuntimeFile,
    nodeCommand: nodeCommand(),
    tempDir,
    allowOtherUsers: options.allowOtherUsers,
    liftTimeouts: options.noTimeout || options.inspect !== undefined,
    onEvent: (event) => tell(event, options.verbose, emit),
    // An issuer on this machine is reached without a proxy.
    agentFor: (url) => (url.protocol === 'https:' ? proxyAgent(url) : undefined),
  });
  closers.add(() => cloud.close());
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
      fallbacks: Object.fromEntries(
        // No other function's: what fallback_arn names is on AWS.
        functions.map(({ name, wrap }) => [name, fallbackOf({ wrap })]),
      ),
    },
    targets: cloud.triggerTargets,
    notServed: notServed.map(({ name }) => name),
    place: { kind: 'local', root: options.root, config: options.config },
  };
}

/** What Terraform would give AWS. */
function deployed(settings: FunctionSettings): CloudFunction {
  const { name, handler, runtime, timeout, memorySize, environment, invokeMode, durable, triggers, wrap } =
    settings;
  return { name, handler, runtime, timeout, memorySize, environment, invokeMode, durable, triggers, wrap };
}

function tell(event: CloudEvent, verbose: boolean, emit: (event: SessionEvent) => void): void {
  const ofSource = sourceEvent(event);
  if (ofSource) emit(ofSource);
  if (event.type === 'refused') emit({ event: 'notice', message: refusedWords(event) });
  if (event.type === 'stub_log' && verbose) {
    emit({ event: 'notice', message: `stub of ${event.functionName}: ${event.message}` });
  }
  if (event.type === 'deployed_log')
    emit({ event: 'deployed_log', function: event.functionName, message: event.message });
  if (event.type === 'deployed_failed') {
    const { functionName, errorType, message } = event;
    emit({
      event: 'notice',
      message: `the deployed code of ${functionName} failed: ${errorType}: ${message}`,
    });
  }
  if (event.type !== 'stub_failed') return;
  const { functionName, errorType, message, lastLine } = event;
  const output = lastLine === undefined ? '' : `; it printed: ${lastLine}`;
  const isInvalid = errorType === errorCodes.LD_STUB_CONFIG.name;
  emit({
    event: 'error',
    code: isInvalid ? 'LD_STUB_CONFIG' : 'LD_INTERNAL',
    message: `stub of ${functionName} failed: ${errorType}: ${message}${isInvalid ? '' : output}`,
    remedy: isInvalid
      ? `correct "environment" of ${functionName} in livectl.json`
      : `check whether a variable in "environment" of ${functionName} prevents Node from starting; --verbose shows the stub’s full output`,
  });
}

function refusedWords({ from, functionName, origin }: Extract<CloudEvent, { type: 'refused' }>): string {
  if (from === 'user') {
    return `a request to ${functionName} from another user of this machine was refused; --allow-other-users allows it`;
  }
  if (from === 'gone') {
    return `a request to ${functionName} was not run: its caller closed the connection before livectl could tell which user it is`;
  }
  const page = origin === undefined ? 'a web page' : `a web page of ${origin}`;
  return `a request to ${functionName} from ${page} was refused; if the page is yours, add its origin to "cors": { "allow_origins": [...] } of the trigger (docs/shared-machines.md)`;
}

/** What the event sources tell, in the words of `--format json`. */
function sourceEvent(event: CloudEvent): SessionEvent | undefined {
  switch (event.type) {
    case 'published': {
      const { source, resource, id, functionNames } = event;
      return { event: 'published', source, resource, id, functions: functionNames };
    }
    case 'retry': {
      const { id, functionName, source, resource, attempt, attempts, delayMs, reason } = event;
      const bound = attempts === undefined ? {} : { attempts };
      const tried = { attempt, ...bound, in_ms: delayMs, reason };
      return { event: 'retry', id, function: functionName, source, resource, ...tried };
    }
    case 'dead_letter': {
      const { functionName, source, resource, ids, attempts, reason, deadLetterQueue } = event;
      const queue = deadLetterQueue === undefined ? {} : { queue: deadLetterQueue };
      return {
        event: 'dead_letter',
        function: functionName,
        source,
        resource,
        ids,
        attempts,
        reason,
        ...queue,
      };
    }
    default:
      return undefined;
  }
}
