// `livectl serve --stage --observe`: copies of what the deployed code answers are shown here. Needs no source code and runs none.
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { systemClock } from '../../../protocol/clock.ts';
import { type Directory, observedBy } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { mostObservers } from '../../../protocol/observer-limits.ts';
import { generateClientKeys } from '../../../protocol/sealing.ts';
import { callerArn } from '../aws/caller-arn.ts';
import { hasEmulator } from '../aws/endpoints.ts';
import { checkClock, explainDirectory } from '../aws/explain-directory.ts';
import { proxyAgent } from '../aws/proxy-agents.ts';
import { openStage, type StageOptions } from '../aws/stage.ts';
import { exitCodes } from '../exit-code.ts';
import { jsonLines } from '../log/json-lines.ts';
import { type OutputFormat, processOutput, readerGone } from '../log/output.ts';
import { pretty } from '../log/pretty.ts';
import { fallbackOf } from '../manifest/fallback.ts';
import { readStageManifest, type StageManifest } from '../manifest/stage-manifest.ts';
import type { OwnFilter } from '../relay/own-filter.ts';
import { ownHolder } from '../relay/own-holder.ts';
import { carriesAscii } from '../relay/relay-check.ts';
import type { Closers } from '../run/closers.ts';
import { runToExit } from '../run/run-to-exit.ts';
import { stopSignals } from '../run/stop-signals.ts';
import { inOrder } from '../session/in-order.ts';
import { ObserveSession } from '../session/observe-session.ts';
import type { ObserveEvent } from '../session/session-event.ts';
import { keepOutOfGit } from './keep-out-of-git.ts';
import { elapsed, lookUpAgeMs } from './look-up-age.ts';
import { type OpenedInspector, openInspector } from './open-inspector.ts';
import { openRecorder } from './open-recorder.ts';
import { openSecrets } from './open-secrets.ts';
import { servedFunction } from './report-ready.ts';
import { summaryOf } from './run-summary.ts';
import { serveKeys } from './serve-keys.ts';
import { serveTitle } from './serve-title.ts';
import { snapshotFunction } from './snapshot-functions.ts';

export interface ServeObserveOptions extends StageOptions {
  /** `--function`; undefined for all. */
  readonly functions: readonly string[] | undefined;
  /** `--only`; if empty, everything. */
  readonly filters: readonly OwnFilter[];
  /** `--sample`: the most copies a second from each instance. */
  readonly perSecond: number;
  /** The inspector's page and its API are served. */
  readonly inspector: boolean;
  /** Where copies are recorded, and `redact` is read from. */
  readonly root: string;
  readonly config: string | undefined;
  readonly record: boolean;
  readonly format: OutputFormat;
  readonly timestamps: boolean;
  readonly verbose: boolean;
}

/** Observes until a signal; resolves with the exit code. Errors are written, not thrown. */
export function serveObserve(options: ServeObserveOptions): Promise<number> {
  const { format, timestamps, verbose } = options;
  const show =
    format === 'json' ? jsonLines(processOutput, verbose) : pretty(processOutput, { verbose, timestamps });
  return runToExit(options, (closers) => observe(options, show, closers));
}

async function observe(
  options: ServeObserveOptions,
  show: (event: ObserveEvent) => void,
  closers: Closers,
): Promise<number> {
  let inspected: OpenedInspector | undefined;
  const title = serveTitle(options.stage, options.format, closers, 'starting');
  const emit = inOrder(systemClock, (event: ObserveEvent) => {
    show(event);
    title.take(event);
    inspected?.take(event);
  });
  const signals = stopSignals(() => process.exit(exitCodes.failure));
  closers.add(() => signals.dispose());
  const stopAsked = Promise.race([signals.first, readerGone]).then(() => 'stop' as const);
  const onNotice = (message: string) => emit({ event: 'notice', message });
  if (options.record) keepOutOfGit(resolve(options.root), onNotice);
  const recorder = await openRecorder(options, onNotice, closers);
  const summary = summaryOf(options);
  const tell = (event: ObserveEvent) => {
    // Without either nobody could read what it keeps.
    if (options.record || options.inspector) recorder.take(event);
    for (const each of summary.with(event)) emit(each);
  };
  const opened = await Promise.race([open(options, tell, closers), stopAsked]);
  if (opened === 'stop') return exitCodes.ok;
  const { explain, ready, relay, session } = opened;
  if (options.inspector)
    inspected = openInspector({ ...inspectedStage(opened), recorder, closers, onNotice });
  const started = session.start().catch((error: unknown) => {
    throw explain(error);
  });
  // Traffic keeps the stubs' look-ups fresh: after this time each of them has found this client.
  const known = started.then(() => elapsed(lookUpAgeMs));
  if ((await Promise.race([known, session.ended, stopAsked])) === undefined) {
    const inspector = await inspected?.started;
    const link = inspector ? { inspector: inspector.url() } : {};
    const keys =
      options.format === 'pretty' ? serveKeys({ inspector, output: processOutput, view: title }) : undefined;
    if (keys) closers.add(keys.end);
    emit({ ...ready, ...link, ms: Math.round(performance.now()) });
    if (keys?.hint !== undefined) processOutput.line(keys.hint);
    void carriesAscii({ ...relay, clock: systemClock }).then((carries) => {
      if (carries) void session.useAscii();
    });
  }
  const end = await Promise.race([session.ended, stopAsked]);
  await session.stop();
  return end === 'stage-gone' ? exitCodes.failure : exitCodes.ok;
}

async function open(options: ServeObserveOptions, emit: (event: ObserveEvent) => void, closers: Closers) {
  const { filters, functions: only, perSecond, stage } = options;
  const { context, directory, http, identity, lookup, skew } = await openStage(options);
  closers.add(() => http.close());
  const bulkHttp = new HttpClient({ agentFor: (url) => proxyAgent(url, 'bulk'), lookup });
  closers.add(() => bulkHttp.close());
  const { credentials, region } = identity;
  const asked = callerArn(identity, http, systemClock);
  const explain = (error: unknown) => explainDirectory(error, context);
  const fail = (error: unknown) => {
    throw explain(error);
  };
  const signing = { region, isEmulated: hasEmulator() };
  const manifest = await readStageManifest(directory, stage, only, signing).catch(fail);
  const { functions, isOfModule01, relayUrl: url, targets, urls: functionUrls } = manifest;
  const names = functions.map(({ name }) => name);
  checkObservable(manifest, stage, emit);
  await checkRoom(directory, stage, names).catch(fail);
  checkClock(skew.leastMs);
  const [caller, secrets, keys] = await Promise.all([
    asked,
    openSecrets(directory, stage, isOfModule01, emit).catch(fail),
    generateClientKeys(),
  ]);
  const agent = proxyAgent(new URL(url));
  const relay = { url, region, stage, keys, secrets, credentials, http, bulkHttp, agent, lookup };
  const session = new ObserveSession({
    relay,
    directory,
    holder: ownHolder(caller),
    functions: names,
    only,
    filters,
    perSecond,
    clock: systemClock,
    skew,
    onEvent: emit,
    explain,
  });
  const place = { kind: 'stage' } as const;
  const root = resolve(options.root);
  const ready = {
    event: 'ready',
    url: undefined,
    stage,
    functions: functions.map((settings) => servedFunction(settings, { functionUrls, targets, place })),
    ...(filters.length > 0 ? { only: filters.map((filter) => filter.only) } : {}),
    observe: { per_second: perSecond },
    trigger_args: ['--stage', stage],
  } as const;
  const snapshots = functions.map((settings) => {
    const served = servedFunction(settings, { functionUrls, targets, place });
    return snapshotFunction({ served, settings, targets: targets.get(settings.name), root });
  });
  const recording = options.record;
  return { explain, relay, session, ready, snapshots, table: context.tableName, region, root, recording };
}

/** What the inspector shows of it. */
function inspectedStage({
  ready,
  recording,
  region,
  root,
  snapshots,
  table,
}: Awaited<ReturnType<typeof open>>) {
  return {
    facts: {
      stage: ready.stage,
      place: 'stage',
      recording,
      observing: true,
      max_workers: 0,
      functions: snapshots,
    },
    root,
    stageId: [table, region, 'observe'],
    // No state file has it: other commands need nothing of an observer.
    token: randomBytes(32).toString('base64url'),
    exportOptions: () => ({ placeArgs: ready.trigger_args }),
  } as const;
}

/** Throws LD_STAGE or LD_CONFIG if no copy could ever arrive. */
function checkObservable(
  { functions, isOfModule01, knowsObservers }: StageManifest,
  stage: string,
  emit: (event: ObserveEvent) => void,
): void {
  if (isOfModule01 || !knowsObservers) {
    throw new LiveDebugError(
      'LD_STAGE',
      `stage ${stage} cannot be observed: its module is of an earlier version`,
      {
        remedy: 'apply the Terraform module of this version',
      },
    );
  }
  const without = functions
    .filter((settings) => fallbackOf(settings).kind === 'none')
    .map(({ name }) => name);
  if (without.length === 0) return;
  const message = `${without.join(', ')} of stage ${stage}: replaced without fallback_arn, so no deployed code answers that could be observed`;
  if (without.length < functions.length) return emit({ event: 'notice', message });
  throw new LiveDebugError('LD_CONFIG', message, {
    remedy: 'set mode = "wrap" or fallback_arn in the Terraform module and apply',
  });
}

/** Throws LD_BUSY if so many observe one of the functions already that stubs would pass over one of them. */
async function checkRoom(directory: Directory, stage: string, names: readonly string[]): Promise<void> {
  const now = systemClock.now();
  const live = (await directory.clients(stage)).filter(({ leaseUntil }) => leaseUntil > now);
  for (const name of names) {
    const observers = live.filter((client) => [name, '*'].includes(observedBy(client) ?? ''));
    const people = new Map(observers.map((each) => [each.publicKey, `${each.user} on ${each.host}`]));
    if (people.size < mostObservers) continue;
    throw new LiveDebugError(
      'LD_BUSY',
      `${people.size} livectls observe ${name} of stage ${stage} already: ${[...people.values()].join(', ')}`,
      { remedy: 'ask one of them to stop, or observe other functions with --function' },
    );
  }
}
