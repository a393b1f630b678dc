// The embedded cloud as commands start it: with livectl's embedded stub and wrapper, in the run's own folder.
import besideZip from 'embedded:beside.zip';
import natProgram from 'embedded:nat-program.mjs';
import stubZip from 'embedded:stub.zip';
import tunnelZip from 'embedded:tunnel.zip';
import wrapperZip from 'embedded:wrapper.zip';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../protocol/clock.ts';
import { proxyAgent } from '../aws/proxy-agents.ts';
import type { Cloud, CloudFunction, CloudOptions, VpcOptions } from '../cloud/cloud.ts';
import type { KeptCloud } from '../cloud/kept-cloud.ts';
import { startCloud } from '../cloud/start-cloud.ts';
import type { FunctionSettings } from '../manifest/function-settings.ts';
import { nodeCommand } from '../platform.ts';
import type { CloudNews } from '../session/session-event.ts';
import { reportCloud } from './cloud-news.ts';
import type { DeployedCodes } from './deployed-code.ts';
import type { RunFolder } from './run-folder.ts';
import { unmatchedRequests } from './unmatched-requests.ts';

export interface EmbeddedCloudOptions {
  /** All deployed functions. */
  readonly functions: readonly FunctionSettings[];
  /** As in `startCloud`: for a stage that others serve. */
  readonly manifest?: CloudOptions['manifest'];
  /** Deploys the tunnel function in this namespace. */
  readonly vpc?: Pick<VpcOptions, 'allow' | 'namespace'> | undefined;
  /** As in `startCloud`: what the cloud of an earlier livectl.json has left. */
  readonly kept?: KeptCloud;
  /** The code of wrapped functions. */
  readonly deployedCode: DeployedCodes['of'];
  readonly stage: string;
  /** No client may answer; default false. */
  readonly observeOnly?: boolean;
  /** Port of the HTTP front; 0 chooses a free one. */
  readonly port: number;
  /** Other users of this machine may call the functions over HTTP. */
  readonly allowOtherUsers: boolean;
  /** Invocations may take a day. */
  readonly liftTimeouts: boolean;
  /** Also report the stubs' output. */
  readonly verbose: boolean;
}

/** A laptop that builds and runs everything at once is slower than AWS, and the code of a developer who serves must still answer. */
const patience = 10;

/** Rejects as `startCloud` does. Ended by the folder's closers. */
export async function openEmbeddedCloud(
  options: EmbeddedCloudOptions,
  { closers, nodeRuntimeFile, pythonRuntimeFile, tempDir }: RunFolder,
  emit: (event: CloudNews) => void,
): Promise<Cloud> {
  const unmatched = unmatchedRequests(systemClock, emit);
  const cloud = await startCloud({
    functions: options.functions.map(deployed),
    manifest: options.manifest,
    kept: options.kept,
    vpc: options.vpc && { ...options.vpc, zip: tunnelZip, natFile: writtenIn(tempDir) },
    wrapper: { zip: wrapperZip, besideZip, deployedCode: options.deployedCode, pythonRuntimeFile },
    port: options.port,
    stage: options.stage,
    stubZip,
    nodeRuntimeFile,
    nodeCommand: nodeCommand(),
    tempDir,
    allowOtherUsers: options.allowOtherUsers,
    liftTimeouts: options.liftTimeouts,
    patience,
    observeOnly: options.observeOnly,
    onEvent: (event) => {
      if (event.type !== 'unmatched') return reportCloud(event, options.verbose, emit);
      const { meant, method, path } = event;
      unmatched({ method, path, status: 404, meant });
    },
    // An issuer on this machine is reached without a proxy.
    agentFor: (url) => (url.protocol === 'https:' ? proxyAgent(url) : undefined),
  });
  closers.add(() => cloud.close());
  return cloud;
}

/** The NAT program's file, which only this user can read. */
function writtenIn(folder: string): string {
  const file = join(folder, 'nat-program.mjs');
  writeFileSync(file, natProgram, { mode: 0o600 });
  return file;
}

/** What Terraform would pass to AWS. */
function deployed(settings: FunctionSettings): CloudFunction {
  const {
    name,
    handler,
    runtime,
    timeout,
    memorySize,
    environment,
    invokeMode,
    qualifier,
    durable,
    triggers,
    wrap,
  } = settings;
  return {
    name,
    handler,
    runtime,
    timeout,
    memorySize,
    environment,
    invokeMode,
    qualifier,
    durable,
    triggers,
    wrap,
  };
}
