// `livectl replay`: a recorded event, run again with the current code; its result on stdout, its log and error on stderr.
import { parseJson } from '../../../protocol/json.ts';
import { exitCodes } from '../exit-code.ts';
import type { OutputFormat } from '../log/output.ts';
import { loadManifest } from '../manifest/load-manifest.ts';
import { readRedactPaths } from '../manifest/redact-settings.ts';
import { parseRedactPath } from '../recordings/mask/redact-paths.ts';
import type { InvocationDetail } from '../recordings/recording.ts';
import type { Closers } from '../run/closers.ts';
import { runToExit } from '../run/run-to-exit.ts';
import { withCachedLayers } from '../serve/local-layers.ts';
import type { VariableFlags } from '../serve/open-local-variables.ts';
import { openRunFolder, type RunFolder } from '../serve/run-folder.ts';
import { recordedAnswer, recordedDetail, recordedEvent } from './answer.ts';
import { editedEvent } from './edit-event.ts';
import { findRecording } from './find-recording.ts';
import { ownReplayer } from './own-replayer.ts';
import { type RecordingsPlace, recordingsOf } from './recordings-place.ts';
import { type ReplayView, replayView } from './replay-view.ts';
import type { Replayer } from './replayer.ts';
import { serveReplayer } from './serve-replayer.ts';
import { parseSetting, type Setting, withValue } from './set-value.ts';
import { watchRuns } from './watch-runs.ts';

export interface ReplayOptions {
  /** A key, a request id, the start of either, or `last`. */
  readonly id: string;
  /** With `last`: the newest of this function; else the function that gets the event. */
  readonly functionName: string | undefined;
  readonly diff: boolean;
  readonly watch: boolean;
  readonly edit: boolean;
  /** `--set`, as they were written. */
  readonly settings: readonly string[];
  /** `--env` and `--env-file`. */
  readonly variables: VariableFlags;
  readonly root: string;
  readonly config: string | undefined;
  readonly format: OutputFormat;
  readonly verbose: boolean;
}

/** Resolves with the exit code. Errors are written, not thrown. */
export function runReplay(options: ReplayOptions): Promise<number> {
  return runToExit(options, (closers) => replay(options, closers));
}

async function replay(options: ReplayOptions, closers: Closers): Promise<number> {
  const settings = options.settings.map(parseSetting);
  const place = await recordingsOf(options.root);
  const { recordings } = place;
  const found = await findRecording(recordings, options);
  const of = await recordedDetail(recordings, found.key);
  // Before anything runs: what cannot be compared is not run for nothing.
  const before = options.diff ? await recordedAnswer(recordings, of) : undefined;
  const event = await eventOf(options, place, of, settings);
  const folder = await openRunFolder(closers);
  const view = replayView({ ...options, of, before });
  const replayer = await Promise.race([open({ options, place, of, event, view, folder }), folder.stopAsked]);
  if (replayer === 'stop') return exitCodes.failure;
  if (options.watch) return watchRuns(replayer, view, folder.stopAsked);
  const answer = await Promise.race([replayer.run(), folder.stopAsked]);
  if (answer === 'stop') return exitCodes.failure;
  return (await view.answered(answer)) ? exitCodes.ok : exitCodes.failure;
}

interface EventToRun {
  readonly bytes: Uint8Array;
  readonly edited: boolean;
  /** What is set, and so not masked any more. */
  readonly settings: readonly Setting[];
}

async function eventOf(
  { edit }: ReplayOptions,
  { recordings }: RecordingsPlace,
  of: InvocationDetail,
  settings: readonly Setting[],
): Promise<EventToRun> {
  const { bytes } = await recordedEvent(recordings, of.key);
  const recorded = Buffer.from(bytes).toString();
  const set = settings.reduce(withValue, recorded);
  const text = edit ? await editedEvent(set, process.env) : set;
  const isSame = text === recorded || (edit && sameJson(text, recorded));
  return isSame ? { bytes, edited: false, settings } : { bytes: Buffer.from(text), edited: true, settings };
}

/** An editor may have saved what it was given. */
function sameJson(one: string, other: string): boolean {
  return JSON.stringify(parseJson(one)) === JSON.stringify(parseJson(other));
}

interface Opening {
  readonly options: ReplayOptions;
  readonly place: RecordingsPlace;
  readonly of: InvocationDetail;
  readonly event: EventToRun;
  readonly view: ReplayView;
  readonly folder: RunFolder;
}

/** Beside a running serve that serves the function, its warm worker runs it. */
async function open({ event, folder, of, options, place, view }: Opening): Promise<Replayer> {
  const { config, id, root, verbose } = options;
  const name = (id === 'last' ? undefined : options.functionName) ?? of.function;
  const { running } = place;
  if (running?.serve.functions.includes(name) && name === of.function) {
    const { api, serve } = running;
    // What this serve ran itself, it knows unmasked.
    if (event.edited || of.at < serve.since) warnOfMasks(of, event, view);
    if (options.variables.variables.length + options.variables.files.length > 0)
      view.warn(
        '--env and --env-file have no effect here: the running livectl serve answers with its own variables',
      );
    const text = event.edited ? Buffer.from(event.bytes).toString() : undefined;
    return serveReplayer({
      api,
      serve,
      of,
      event: text,
      show: view.show,
      warn: view.warn,
      closers: folder.closers,
    });
  }
  const read = await loadManifest({ root, config, functions: [name], allowBroken: true });
  const manifest = { ...read, functions: withCachedLayers(read.functions) };
  const [settings] = manifest.functions;
  if (settings === undefined) throw new Error(`no settings of ${name}`);
  warnOfMasks(of, event, view);
  if (isFromAws(of))
    view.warn(
      `the recording is from AWS; ${name} runs here with the variables of livectl.json, without its role’s credentials`,
    );
  const { bytes, edited } = event;
  const redact = (await readRedactPaths({ root, config })).map(parseRedactPath);
  return ownReplayer({
    manifest,
    settings,
    redact,
    of,
    event: bytes,
    edited,
    show: view.show,
    folder,
    variables: options.variables,
    verbose,
  });
}

/** Of the local cloud, whose account is no real one. */
const localArn = /^arn:aws:lambda:[^:]*:000000000000:/;

function isFromAws({ context, observed }: InvocationDetail): boolean {
  return observed === true || !localArn.test(context.arn ?? '');
}

/** Most paths that are named. */
const mostPaths = 10;

function warnOfMasks(
  { masked_paths: masked = [] }: InvocationDetail,
  { settings }: EventToRun,
  view: ReplayView,
): void {
  const set = new Set(settings.map(({ steps }) => `/${steps.map(pointerPart).join('/')}`));
  const left = masked.filter((path) => !set.has(path));
  if (left.length === 0) return;
  const more = left.length > mostPaths ? ` and ${left.length - mostPaths} more` : '';
  view.warn(
    `the code gets masked values, which are not recorded: ${left.slice(0, mostPaths).join(', ')}${more}; --set gives others`,
  );
}

function pointerPart(step: string | number): string {
  return String(step).replaceAll('~', '~0').replaceAll('/', '~1');
}
