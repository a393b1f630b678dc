// `livectl serve --local`: the embedded cloud, the builder, the workers and a session between them.

import nodeRuntime from 'embedded:node-runtime.mjs';
import packageJson from 'embedded:package.json';
import stubZip from 'embedded:stub.zip';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { systemClock } from '../../../protocol/clock.ts';
import { Directory } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { generateClientKeys } from '../../../protocol/sealing.ts';
import { createBuilder } from '../build/builder.ts';
import type { CloudEvent } from '../cloud/cloud.ts';
import { startCloud } from '../cloud/start-cloud.ts';
import { reportFailure } from '../log/failure.ts';
import { jsonLines } from '../log/json-lines.ts';
import { processOutput } from '../log/output.ts';
import { pretty } from '../log/pretty.ts';
import type { FunctionSettings } from '../manifest/function-settings.ts';
import { loadManifest } from '../manifest/load-manifest.ts';
import { resolveTargets } from '../manifest/resolve-targets.ts';
import { nodeCommand } from '../platform.ts';
import { Session } from '../session/session.ts';
import type { SessionEvent } from '../session/session-event.ts';
import { createWorkerPool } from '../worker/pool.ts';
import { Closers } from './closers.ts';
import { exitCodeOf, exitCodes } from './exit-code.ts';
import { stopSignals } from './stop-signals.ts';

export interface ServeLocalOptions {
  readonly root: string;
  readonly config: string | undefined;
  readonly functions: readonly string[] | undefined;
  readonly port: number;
  readonly maxWorkers: number;
  readonly format: 'pretty' | 'json';
  readonly verbose: boolean;
}

/** The local cloud's only stage. */
const stage = 'local';

/** How long Ctrl-C waits for invocations in flight. */
const stopBoundMs = 10_000;

/** Serves until a signal; resolves with the exit code. Errors are written, not thrown. */
export async function serveLocal(options: ServeLocalOptions): Promise<number> {
  const emit = options.format === 'json' ? jsonLines(processOutput) : pretty(processOutput);
  const closers = new Closers();
  try {
    return await serve(options, emit, closers);
  } catch (error) {
    reportFailure(error, processOutput, options);
    return exitCodeOf(error);
  } finally {
    await closers.close();
  }
}

async function serve(
  options: ServeLocalOptions,
  emit: (event: SessionEvent) => void,
  closers: Closers,
): Promise<number> {
  const manifest = await loadManifest({
    root: resolve(options.root),
    config: options.config,
    functions: options.functions,
  });
  const targets = await resolveTargets(manifest);

  const tempDir = mkdtempSync(join(tmpdir(), `livectl-${process.pid}-`));
  const removeTempDir = () => rmSync(tempDir, { recursive: true, force: true });
  closers.add(removeTempDir);
  const nodeRuntimeFile = join(tempDir, 'node-runtime.mjs');
  writeFileSync(nodeRuntimeFile, nodeRuntime, { mode: 0o600 });

  let session: Session | undefined;
  const pool = createWorkerPool({
    maxWorkers: options.maxWorkers,
    nodeRuntimeFile,
    nodeCommand: nodeCommand(),
    onEvent: (event) => session?.onWorker(event),
  });
  closers.add(() => pool.close());
  const stop = stopSignals(() => {
    for (const pid of pool.pids()) kill(pid);
    removeTempDir();
    process.exit(exitCodes.failure);
  });
  closers.add(() => stop.dispose());

  // Good and bad builds of the start are handed to the session once it is there to take them.
  const early: Parameters<Session['onBuild']>[0][] = [];
  const builder = createBuilder({
    targets,
    onEvent: (event) => (session ? session.onBuild(event) : early.push(event)),
    nodeCommand: nodeCommand(),
  });
  closers.add(() => builder.close());
  const starting = Promise.all([
    startCloud({
      functions: manifest.functions.map(deployed),
      port: options.port,
      stage,
      stubZip,
      nodeRuntimeFile,
      nodeCommand: nodeCommand(),
      tempDir,
      onEvent: (event) => tellCloud(event, options.verbose, emit),
    }).then((started) => {
      closers.add(() => started.close());
      return started;
    }),
    generateClientKeys(),
    builder.start(),
  ]);
  const [cloud, keys] = await starting;

  const http = new HttpClient();
  closers.add(() => http.close());
  const credentials = () => cloud.developerCredentials;
  const { region, relayUrl, directoryUrl, tableName } = cloud;
  session = new Session({
    relay: { url: relayUrl, region, stage, keys, credentials, http },
    directory: new Directory({
      endpoint: directoryUrl,
      region,
      tableName,
      http,
      credentials,
      clock: systemClock,
    }),
    holder: { user: userName(), host: hostname(), version: packageJson.version },
    functions: new Map(manifest.functions.map((settings) => [settings.name, { timeout: settings.timeout }])),
    only: options.functions,
    noTakeover: false,
    pool,
    clock: systemClock,
    onEvent: emit,
  });
  for (const event of early) session.onBuild(event);
  await session.start();
  emit({
    event: 'ready',
    url: cloud.url,
    stage,
    functions: manifest.functions.map(({ name }) => ({ name, url: cloud.functionUrls.get(name) })),
    ms: Math.round(performance.now()),
  });

  const end = await Promise.race([session.ended, stop.first.then(() => 'signal' as const)]);
  await session.stop(stopBoundMs);
  return end === 'displaced' ? exitCodes.displaced : exitCodes.ok;
}

function deployed(settings: FunctionSettings) {
  const { name, handler, runtime, timeout, memorySize, environment, triggers } = settings;
  const { path, method } = triggers.http ?? {};
  const http = path === undefined ? undefined : { path, method: method ?? 'ANY' };
  return { name, handler, runtime, timeout, memorySize, environment, http };
}

function tellCloud(event: CloudEvent, verbose: boolean, emit: (event: SessionEvent) => void): void {
  if (!verbose || event.type !== 'stub_log') return;
  emit({ event: 'notice', message: `stub of ${event.functionName}: ${event.message}` });
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // No entry in the password file, e.g. in a container run with an arbitrary user id.
    return 'unknown';
  }
}

/** Workers lead process groups of their own, so that what they started ends with them. */
function kill(pid: number): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It has exited already.
  }
}
