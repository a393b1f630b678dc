// What `serve` does wherever the stage is: builder, workers and a session between them, from start to stop.

import nodeRuntime from 'embedded:node-runtime.mjs';
import packageJson from 'embedded:package.json';
import pythonRuntime from 'embedded:python-runtime.py';
import { writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../protocol/clock.ts';
import type { ClockSkew } from '../../../protocol/clock-skew.ts';
import { generateClientKeys } from '../../../protocol/sealing.ts';
import { createBuilder } from '../builder/builder.ts';
import { resolveTargets } from '../builder/resolve-targets.ts';
import { startControlServer } from '../control/control-server.ts';
import type { ServeState } from '../control/serve-state.ts';
import { exitCodeOf, exitCodes } from '../exit-code.ts';
import { makeTempFolder } from '../folders/temp-folder.ts';
import { reportFailure } from '../log/failure.ts';
import { jsonLines } from '../log/json-lines.ts';
import { processOutput, readerGone } from '../log/output.ts';
import { pretty } from '../log/pretty.ts';
import type { Manifest } from '../manifest/load-manifest.ts';
import { sourcesOf, type TriggerTargets } from '../manifest/trigger-targets.ts';
import { type Place, placeArgs } from '../place.ts';
import { nodeCommand } from '../platform.ts';
import { carriesAscii } from '../relay/relay-check.ts';
import { inOrder } from '../session/in-order.ts';
import { Session, type SessionOptions } from '../session/session.ts';
import type { ServedFunction, SessionEvent } from '../session/session-event.ts';
import type { FunctionVariables } from '../session/variables/function-variables.ts';
import { ServeHints, type ServeHintsOptions } from '../vpn/serve-hints.ts';
import { createWorkerPool } from '../worker/pool/pool.ts';
import { announce } from './announce.ts';
import { Closers } from './closers.ts';
import { networkNotice } from './network-notice.ts';
import { openDebugging } from './open-debugging.ts';
import { runtimeNotices } from './runtime-notices.ts';
import { stopSignals } from './stop-signals.ts';

/**
 * Lambda freezes an environment as soon as its runtime asks for the next invocation; this much later, one invocation
 * after another finds its worker running.
 */
const freezeAfterMs = 50;

/** The flags that mean the same wherever the stage is. */
export interface ServingOptions {
  readonly root: string;
  readonly functions: readonly string[] | undefined;
  readonly maxWorkers: number;
  readonly noTakeover: boolean;
  /** Functions may run as long as AWS waits, their own timeouts don't count. */
  readonly noTimeout: boolean;
  /** Functions get this machine's proxies and certificate authorities. */
  readonly machineProxy: boolean;
  /** Functions are held still between invocations, as on Lambda. */
  readonly freeze: boolean;
  /** Let debuggers attach: the first function's port, the others' follow; 0 takes free ones. */
  readonly inspect: number | undefined;
  readonly format: 'pretty' | 'json';
  readonly verbose: boolean;
}

/** A stage that can be served: its relay, its directory and who we are there. */
export interface OpenedStage {
  readonly relay: Omit<SessionOptions['relay'], 'keys'>;
  readonly directory: SessionOptions['directory'];
  readonly caller: string | undefined;
  readonly variables: FunctionVariables;
  /** What is known already of AWS's clock. */
  readonly skew?: ClockSkew | undefined;
  /** The error to show instead of one met on the way to the stage. */
  readonly explain?: (error: unknown) => unknown;
  /** Base URL of the HTTP front, where there is one of our own. */
  readonly url: string | undefined;
  /** Where functions answer over HTTP. */
  readonly functionUrls: ReadonlyMap<string, string>;
  /** What `trigger` and `invoke` on this machine need to know of it. */
  readonly described: ServeState['place'];
  /** What each function's triggers are published to. */
  readonly targets: ReadonlyMap<string, TriggerTargets>;
  /** The same place as `trigger` and `invoke` are told of it. */
  readonly options: Place;
}

/** What a stage may need while it is opened. */
export interface Workspace {
  /** Private to this process (0700), removed at the end. */
  readonly tempDir: string;
  readonly nodeRuntimeFile: string;
  readonly closers: Closers;
  readonly emit: (event: SessionEvent) => void;
}

/** What to serve, and how to get there; opening happens beside the first build. */
export interface StageToServe {
  readonly manifest: Manifest;
  /** What is known of the functions' VPCs. */
  readonly privateResources: Omit<ServeHintsOptions, 'onNotice' | 'clock'>;
  readonly open: (workspace: Workspace) => Promise<OpenedStage>;
}

/** How long Ctrl-C waits for invocations in flight. */
const stopBoundMs = 10_000;

/** Serves until a signal; resolves with the exit code. Errors are written, not thrown. */
export async function serveUntilStopped(
  options: ServingOptions,
  prepare: (closers: Closers) => Promise<StageToServe>,
): Promise<number> {
  const emit = options.format === 'json' ? jsonLines(processOutput) : pretty(processOutput);
  const closers = new Closers();
  const failed = (error: unknown) => {
    reportFailure(error, processOutput, options);
    return exitCodeOf(error);
  };
  const served = () => prepare(closers).then((errand) => serve(options, errand, emit, closers));
  const exitCode = await served().catch(failed);
  return closers.close().then(() => exitCode, failed);
}

async function serve(
  options: ServingOptions,
  errand: StageToServe,
  show: (event: SessionEvent) => void,
  closers: Closers,
): Promise<number> {
  const { manifest } = errand;
  // Before the stage is taken: where nothing can be run, nobody is displaced for it.
  const targets = resolveTargets(manifest);

  const temp = await makeTempFolder();
  const tempDir = temp.path;
  const stop = stopSignals(() => {
    // The pool and the cloud kill their processes when this one exits.
    temp.remove();
    process.exit(exitCodes.failure);
  });
  // The first to be added is the last to go: a signal while the rest is closed must not cut that short.
  closers.add(() => stop.dispose());
  closers.add(() => temp.remove());
  const control = await startControlServer();
  closers.add(() => control.close());
  const emit = inOrder(systemClock, (event) => {
    show(event);
    control.publish(event);
  });
  const stopAsked = Promise.race([stop.first, readerGone]).then(() => 'stop' as const);
  const nodeRuntimeFile = join(tempDir, 'node-runtime.mjs');
  writeFileSync(nodeRuntimeFile, nodeRuntime, { mode: 0o600 });
  const pythonRuntimeFile = join(tempDir, 'python-runtime.py');
  writeFileSync(pythonRuntimeFile, pythonRuntime, { mode: 0o600 });

  const hints = new ServeHints({
    ...errand.privateResources,
    onNotice: (message) => emit({ event: 'notice', message }),
    clock: systemClock,
  });
  const tell = (event: SessionEvent) => {
    emit(event);
    if (event.event === 'result' && event.error)
      void hints.failed({ function: event.function, error: event.error });
  };
  let session: Session | undefined;
  const debugging =
    options.inspect === undefined ? undefined : await openDebugging(manifest.functions, options.inspect);
  closers.add(() => debugging?.close());
  const pool = createWorkerPool({
    maxWorkers: options.maxWorkers,
    noTimeout: options.noTimeout,
    machineProxy: options.machineProxy,
    freezeAfterMs: options.freeze ? freezeAfterMs : undefined,
    debugging,
    nodeRuntimeFile,
    nodeCommand: nodeCommand(),
    pythonRuntimeFile,
    changedSince: (functionName, sinceMs) => builder.changedSince(functionName, sinceMs),
    onEvent: (event) => {
      if (event.type === 'loaded') builder.onLoaded(event);
      else session?.onWorker(event);
    },
  });
  closers.add(() => pool.close());
  // Good and bad builds of the start are handed to the session once it is there to take them.
  const early: Parameters<Session['onBuild']>[0][] = [];
  const builder = createBuilder({
    targets,
    onEvent: (event) => {
      // While a slow build runs, what it has to say can't wait.
      if (event.type === 'notice') emit({ event: 'notice', message: event.message });
      else if (session) session.onBuild(event);
      else early.push(event);
    },
    verbose: options.verbose,
    nodeCommand: nodeCommand(),
    wasRunning: (functionName, atMs) => pool.wasRunning(functionName, atMs),
  });
  closers.add(() => builder.close());
  // Beside the first builds: anyone who calls meanwhile waits for them, and is not told that nobody serves.
  const building = builder.start();
  // Waited for below; a place that can't be opened is what to report first.
  building.catch(() => undefined);
  const opening = Promise.all([
    errand.open({ tempDir, nodeRuntimeFile, closers, emit }),
    generateClientKeys(),
  ]);
  const opened = await Promise.race([opening, stopAsked]);
  if (opened === 'stop') return exitCodes.ok;
  const [place, keys] = opened;

  const { caller } = place;
  const holder = { user: userName(), host: hostname(), version: packageJson.version };
  session = new Session({
    relay: { ...place.relay, keys },
    directory: place.directory,
    skew: place.skew,
    variables: place.variables,
    holder: caller === undefined ? holder : { ...holder, caller },
    functions: new Map(manifest.functions.map(({ name, timeout }) => [name, { timeout }])),
    only: options.functions,
    noTakeover: options.noTakeover,
    pool,
    clock: systemClock,
    onEvent: tell,
    explain: place.explain,
  });
  for (const event of early) session.onBuild(event);
  const started = session.start().catch((error: unknown) => {
    throw place.explain ? place.explain(error) : error;
  });
  const served = session;
  const built = building.catch(async (error: unknown) => {
    await served.stop(0);
    throw error;
  });
  built.catch(() => undefined);
  const ready = started.then(() => built).then(() => 'ready' as const);
  const begun = await Promise.race([ready, session.ended, stopAsked]);
  if (begun === 'stop') {
    // A relay that does not answer must not keep Ctrl-C waiting; what was taken is given back within its own bound.
    await session.stop(0);
    return exitCodes.ok;
  }
  if (begun === 'ready') {
    closers.add(await announce(manifest, place.described, control, emit));
    const { heldByOthers } = session;
    emit({
      event: 'ready',
      url: place.url,
      stage: place.relay.stage,
      functions: manifest.functions.map(({ name }) => servedFunction(name, place, heldByOthers.get(name))),
      trigger_args: placeArgs(place.options),
      ms: Math.round(performance.now()),
    });
    for (const { functionName, ...endpoint } of debugging?.endpoints ?? []) {
      emit({ event: 'debugger', function: functionName, state: 'listening', ...endpoint });
    }
    const network = options.machineProxy ? networkNotice() : undefined;
    if (network !== undefined) emit({ event: 'notice', message: network });
    for (const message of runtimeNotices(manifest.functions)) emit({ event: 'notice', message });
    void hints.start();
    // Beside all that is waited for: until it is known, texts are base64, which any relay carries.
    void carriesAscii({ ...place.relay, clock: systemClock }).then((carries) => {
      if (carries) served.useAscii();
    });
  }

  const end = await Promise.race([session.ended, stopAsked]);
  await session.stop(stopBoundMs);
  return {
    displaced: exitCodes.displaced,
    'stage-gone': exitCodes.failure,
    stopped: exitCodes.ok,
    stop: exitCodes.ok,
  }[end];
}

function servedFunction(
  name: string,
  { functionUrls, options, targets }: OpenedStage,
  heldBy: ServedFunction['held_by'],
): ServedFunction {
  const ofFunction = targets.get(name) ?? {};
  const { http, function_url: functionUrl } = ofFunction;
  // The local cloud takes unsigned requests for the developer's.
  const isSigned = options.kind === 'stage' && functionUrl?.authorization_type === 'AWS_IAM';
  const isPublic =
    options.kind === 'stage' && [http, functionUrl].some((each) => each?.authorization_type === 'NONE');
  return {
    name,
    url: functionUrls.get(name),
    ...(http ? { method: http.method, route_authorization_type: http.authorization_type } : {}),
    ...(isPublic ? { public: true } : {}),
    ...(functionUrl ? { function_url: functionUrl.url } : {}),
    ...(isSigned ? { authorization_type: 'AWS_IAM' } : {}),
    ...(heldBy ? { held_by: heldBy } : {}),
    triggers: sourcesOf(ofFunction),
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // No entry in the password file, e.g. in a container run with an arbitrary user id.
    return 'unknown';
  }
}
