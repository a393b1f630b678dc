// The inspector of a `serve` that runs code.
import type { Target } from '../builder/resolve-targets.ts';
import type { Manifest } from '../manifest/load-manifest.ts';
import { placeArgs } from '../place.ts';
import type { Recorder } from '../recordings/recorder.ts';
import type { Session } from '../session/session.ts';
import { type OpenedInspector, openInspector } from './open-inspector.ts';
import type { ReplaysInServe } from './replay-in-serve.ts';
import { servedFunction } from './report-ready.ts';
import { snapshotFunction } from './snapshot-functions.ts';
import type { OpenedStage, ServingOptions } from './stage-to-serve.ts';
import type { Workspace } from './workspace.ts';

interface Served {
  readonly options: ServingOptions;
  readonly manifest: Manifest;
  readonly stage: OpenedStage;
  readonly targets: readonly Target[];
  readonly recorder: Recorder;
  readonly replays: ReplaysInServe;
}

interface ServeInspector extends OpenedInspector {
  /** Takes who serves which function instead of this livectl. */
  learnHolders(holders: Session['heldByOthers']): void;
}

/** Undefined with `--no-inspector`. */
export function openServeInspector(
  { manifest, options, recorder, replays, stage, targets }: Served,
  { closers, control, emit }: Workspace,
): ServeInspector | undefined {
  if (!options.inspector) return undefined;
  const { root } = manifest;
  const functions = (holders?: Session['heldByOthers']) =>
    manifest.functions.map((settings) => {
      const { name } = settings;
      return snapshotFunction({
        served: servedFunction(settings, stage, holders?.get(name)),
        settings,
        targets: stage.targets.get(name),
        built: targets.find(({ functionName }) => functionName === name),
        root,
      });
    });
  const { described } = stage;
  const args = placeArgs(stage.place);
  const opened = openInspector({
    facts: {
      stage: stage.relay.stage,
      place: described.kind,
      recording: options.record,
      observing: false,
      max_workers: options.maxWorkers,
      functions: functions(),
    },
    root,
    stageId: described.kind === 'local' ? ['local'] : [described.table, described.region],
    recorder,
    replay: replays.run,
    originalResult: replays.result,
    token: control.token,
    exportOptions: (name) => ({
      handler: manifest.functions.find((each) => each.name === name)?.handler,
      placeArgs: args,
      functionUrl: stage.targets.get(name)?.function_url?.url,
    }),
    closers,
    onNotice: (message) => emit({ event: 'notice', message }),
  });
  return { ...opened, learnHolders: (holders) => opened.status.learn({ functions: functions(holders) }) };
}
