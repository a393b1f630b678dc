// What `serve` does for any stage: builder, workers and a session between them, from start to stop.
import { resolve } from 'node:path';
import { systemClock } from '../../../protocol/clock.ts';
import { type ClientKeys, generateClientKeys } from '../../../protocol/sealing.ts';
import { within } from '../../../protocol/within.ts';
import { resolveTargets } from '../builder/resolve-targets.ts';
import { exitCodes } from '../exit-code.ts';
import { jsonLines } from '../log/json-lines.ts';
import { isAtTerminal, processOutput } from '../log/output.ts';
import { pretty } from '../log/pretty.ts';
import type { Manifest } from '../manifest/load-manifest.ts';
import type { Recorder } from '../recordings/recorder.ts';
import { ownHolder } from '../relay/own-holder.ts';
import { carriesAscii } from '../relay/relay-check.ts';
import { Closers } from '../run/closers.ts';
import { runToExit } from '../run/run-to-exit.ts';
import { Session, type SessionOptions } from '../session/session.ts';
import type { SessionEvent } from '../session/session-event.ts';
import type { FunctionVariables } from '../session/variables/function-variables.ts';
import { withLocal } from '../session/variables/local-variables.ts';
import { ServeHints } from '../vpn/serve-hints.ts';
import { announce } from './announce.ts';
import { openFunctionTunnels } from './function-tunnels.ts';
import { keepOutOfGit } from './keep-out-of-git.ts';
import { type LocalCode, startLocalCode } from './local-code.ts';
import { elapsed, lookUpAgeMs } from './look-up-age.ts';
import { openDebugging } from './open-debugging.ts';
import { openLocalVariables } from './open-local-variables.ts';
import { openRecorder } from './open-recorder.ts';
import { openServeInspector } from './open-serve-inspector.ts';
import { replaysInServe } from './replay-in-serve.ts';
import { replayLast } from './replay-last.ts';
import { reportReady } from './report-ready.ts';
import { restartForVariables } from './restart-for-variables.ts';
import { type RunSummary, summaryOf } from './run-summary.ts';
import { serveKeys } from './serve-keys.ts';
import { serveTitle } from './serve-title.ts';
import type { OpenedStage, ServingOptions, StageToServe } from './stage-to-serve.ts';
import { StartNotices } from './start-notices.ts';
import { openWorkspace } from './workspace.ts';

/** How long Ctrl-C waits for invocations in flight. */
const stopBoundMs = 10_000;

/** The stage's name; absent for the local one. */
type TitledOptions = ServingOptions & { readonly stage?: string };

/** Serves until a signal; resolves with the exit code. Errors are written, not thrown. */
export function serveUntilStopped(
  options: TitledOptions,
  prepare: (closers: Closers) => Promise<StageToServe>,
): Promise<number> {
  const { timestamps } = options;
  let manifest: Manifest | undefined;
  const folderOf = (name: string) => {
    const settings = manifest?.functions.find((each) => each.name === name);
    return manifest && settings && resolve(manifest.root, settings.sourceDir);
  };
  const show =
    options.format === 'json' ? jsonLines(processOutput) : pretty(processOutput, { timestamps, folderOf });
  const summary = summaryOf(options);
  const notices = new StartNotices();
  return runToExit(options, async (closers) => {
    // Each round serves one manifest, from start to stop.
    for (let startedMs = 0; ; startedMs = performance.now()) {
      notices.begin();
      const round = new Closers();
      // Also if this round fails, or the process is to end.
      closers.add(() => round.close());
      const stage = await prepare(round);
      manifest = stage.manifest;
      const end = await serve(options, stage, { show, summary, notices, startedMs }, round);
      if (end !== 'again') {
        for (const event of summary.end()) show(event as SessionEvent);
        return end;
      }
      await round.close();
    }
  });
}

interface RunParts {
  readonly show: (event: SessionEvent) => void;
  readonly summary: RunSummary;
  readonly notices: StartNotices;
  /** When this round began, in milliseconds since the process's start; 0 for the first one. */
  readonly startedMs: number;
}

async function serve(
  options: TitledOptions,
  { all, manifest, open, openTunnels, privateResources, watch }: StageToServe,
  { notices, show, startedMs, summary }: RunParts,
  closers: Closers,
): Promise<number | 'again'> {
  let isAgain = false;
  // Before the stage is taken: if nothing can be run, nobody is displaced for it.
  const targets = resolveTargets(manifest);
  const title = serveTitle(options.stage ?? 'local', options.format, closers);
  // The title first: who reads an event may end livectl at once.
  const workspace = await openWorkspace((event) => {
    title.take(event);
    if (notices.isNews(event)) show(event);
  }, closers);
  const { control, emit, follow, stopAsked } = workspace;
  const tunnels = openTunnels && (await openFunctionTunnels(openTunnels, emit, closers));
  const hints = new ServeHints({
    ...privateResources,
    tunnelOf: tunnels?.endpointsOf,
    onNotice: (message) => emit({ event: 'notice', message }),
    clock: systemClock,
  });
  const debugging =
    options.inspect === undefined
      ? undefined
      : await openDebugging(manifest.functions, all ?? manifest.functions, options.inspect);
  closers.add(() => debugging?.close());
  const onNotice = (message: string) => emit({ event: 'notice', message });
  const local = openLocalVariables(manifest, options.variables, onNotice);
  // Before a build lists the project's files: to it this would be a change of sources.
  if (options.record) keepOutOfGit(manifest.root, onNotice);
  // In parallel with the first builds: callers wait for them, and are not told that nobody serves.
  const code = startLocalCode(targets, options, debugging, tunnels, workspace);
  // Awaited below; a stage that cannot be opened is reported first.
  code.built.catch(() => undefined);
  const opened = await Promise.race([openWithKeys(() => open(workspace, code.built)), stopAsked]);
  if (opened === 'stop') return exitCodes.ok;
  const { keys, stage } = opened;

  const recorder = await openRecorder({ ...options, root: manifest.root }, onNotice, closers);
  const replays = replaysInServe(recorder, (request) => session.replay(request));
  const inspected = openServeInspector({ options, manifest, stage, targets, recorder, replays }, workspace);
  if (inspected) follow(inspected.take);
  const variables = withLocal(stage.variables, local);
  const functions = manifest.functions.map(({ name }) => name);
  restartForVariables({ local, variables, functions, pool: code.pool, onNotice, closers });
  const parts = {
    options,
    manifest,
    stage,
    keys,
    variables,
    recorder,
    pool: code.pool,
    onDrained: tunnels?.close,
  };
  const session = createSession(parts, (event) => {
    recorder.take(event);
    // The next manifest is served at once: nothing stops for who reads this.
    for (const each of summary.with(event, isAgain)) emit(each as SessionEvent);
    if (event.event === 'result' && event.error)
      void hints.failed({ function: event.function, error: event.error });
  });
  code.attach(session);
  const begun = await Promise.race([begin(session, stage, code, options), session.ended, stopAsked]);
  if (begun === 'stop') {
    // A relay that does not answer must not delay Ctrl-C; the lease is released within its own bound.
    await session.stop(0);
    return exitCodes.ok;
  }
  if (begun === 'ready') {
    const inspector = await inspected?.started;
    closers.add(await announce(manifest, stage, control, inspector, emit));
    const { heldByOthers } = session;
    inspected?.learnHolders(heldByOthers);
    const { filters, machineProxy } = options;
    // Before a person reads of them.
    const isServed = (name: string) => manifest.functions.some((each) => each.name === name);
    const keys =
      options.format === 'pretty'
        ? serveKeys({
            inspector,
            output: processOutput,
            reload() {
              title.building();
              code.reloadAll();
            },
            replayLast: replayLast(recorder, replays.run, isServed),
            view: title,
          })
        : undefined;
    if (keys) closers.add(keys.end);
    reportReady(
      {
        manifest,
        stage,
        unseen: notices.unseen(manifest.functions),
        heldByOthers,
        debugging,
        machineProxy,
        filters,
        inspector: inspector?.url(),
        startedMs,
      },
      emit,
    );
    for (const message of local.summary()) onNotice(message);
    stage.sources?.resume();
    notices.end();
    // It is still on the screen, or was scrolled away as everything else.
    if (keys?.hint !== undefined && startedMs === 0) processOutput.line(keys.hint);
    void hints.start();
    // In the background: until it is known, texts are base64, which any relay carries.
    void carriesAscii({ ...stage.relay, clock: systemClock }).then((carries) => {
      if (carries) session.useAscii();
    });
  }
  const watched = watch?.(emit);
  closers.add(() => watched?.close());
  const changed = watched?.changed ?? new Promise<never>(() => undefined);
  const end = await Promise.race([session.ended, stopAsked, changed]);
  if (typeof end === 'object') {
    emit({ event: 'manifest', ...end });
    isAgain = true;
    // What event sources have delivered ends as it began; everything else waits for the next round.
    await Promise.race([
      within(systemClock, stopBoundMs, stage.sources?.pause() ?? Promise.resolve()),
      stopAsked,
    ]);
    await Promise.race([session.stop(stopBoundMs), stopAsked]);
    return (await Promise.race([stopAsked, Promise.resolve('again' as const)])) === 'stop'
      ? exitCodes.ok
      : 'again';
  }
  await session.stop(stopBoundMs);
  return exitCodeOfEnd[end];
}

const exitCodeOfEnd = {
  displaced: exitCodes.displaced,
  'stage-gone': exitCodes.failure,
  stopped: exitCodes.ok,
  stop: exitCodes.ok,
} as const;

interface StageWithKeys {
  readonly stage: OpenedStage;
  readonly keys: ClientKeys;
}

async function openWithKeys(open: () => Promise<OpenedStage>): Promise<StageWithKeys> {
  const [stage, keys] = await Promise.all([open(), generateClientKeys()]);
  return { stage, keys };
}

interface SessionParts extends StageWithKeys {
  readonly options: ServingOptions;
  readonly manifest: Manifest;
  readonly variables: FunctionVariables;
  readonly recorder: Recorder;
  readonly pool: LocalCode['pool'];
  readonly onDrained: SessionOptions['onDrained'];
}

function createSession(
  { keys, manifest, onDrained, options, pool, recorder, stage, variables }: SessionParts,
  onEvent: SessionOptions['onEvent'],
): Session {
  return new Session({
    relay: { ...stage.relay, keys },
    directory: stage.directory,
    skew: stage.skew,
    variables,
    holder: ownHolder(stage.caller),
    functions: new Map(manifest.functions.map(({ name, timeout }) => [name, { timeout }])),
    only: options.functions,
    filters: options.filters,
    noTakeover: options.noTakeover,
    pool,
    watcher: isRead(options) ? recorder : undefined,
    liftTimeouts: options.noTimeout || options.inspect !== undefined,
    clock: systemClock,
    onEvent,
    onDrained,
    explain: stage.explain,
  });
}

/** Whether anything reads what the recorder keeps: files, the inspector, or the key that replays. */
function isRead({ format, inspector, record }: ServingOptions): boolean {
  return record || inspector || (format === 'pretty' && isAtTerminal());
}

/** Takes the stage and waits for the first builds. Rejects with the error that prevents either. */
async function begin(
  session: Session,
  { explain }: OpenedStage,
  { built }: LocalCode,
  { filters }: ServingOptions,
): Promise<'ready'> {
  const started = session.start().catch((error: unknown) => {
    throw explain ? explain(error) : error;
  });
  // Watched from now on: if building cannot begin, the stage is released before anything else is awaited.
  const builtOrStopped = built.catch(async (error: unknown) => {
    await session.stop(0);
    throw error;
  });
  builtOrStopped.catch(() => undefined);
  await started;
  // Requests of others keep the stubs' look-ups fresh: after this time each of them has found the new client.
  const known = filters.length === 0 ? undefined : elapsed(lookUpAgeMs);
  await builtOrStopped;
  await known;
  return 'ready';
}
