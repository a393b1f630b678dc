// `livectl recordings export`: one recording as an event, a command or a test.
import { writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import type { RunningServe } from '../control/serve-state.ts';
import { exitCodes } from '../exit-code.ts';
import { eventLine } from '../log/json-lines.ts';
import { errorOutput, type OutputFormat, processOutput, writeBytes } from '../log/output.ts';
import { printable } from '../log/printable.ts';
import type { FunctionSettings } from '../manifest/function-settings.ts';
import { loadManifest } from '../manifest/load-manifest.ts';
import { folderArgs } from '../place.ts';
import type { ExportForm } from '../recordings/export-form.ts';
import { exportText } from '../recordings/export-texts.ts';
import { recordedDetail, recordedEvent } from './answer.ts';
import { findRecording } from './find-recording.ts';
import { recordingsOf } from './recordings-place.ts';

export interface ExportRecordingOptions {
  readonly id: string;
  readonly as: ExportForm;
  /** A file; undefined for stdout. */
  readonly output: string | undefined;
  /** Replaces that file. */
  readonly force: boolean;
  readonly root: string;
  readonly config: string | undefined;
  readonly format: OutputFormat;
}

/** Resolves with the exit code. Rejects with LD_CONFIG if the recording cannot be exported so, or the file exists. */
export async function exportRecording(options: ExportRecordingOptions): Promise<number> {
  const { as, format, force, id, output } = options;
  const { recordings, running } = await recordingsOf(options.root);
  const { key } = await findRecording(recordings, { id, functionName: undefined });
  const detail = await recordedDetail(recordings, key);
  const event = await recordedEvent(recordings, key);
  const result = await recordings.body(key, 'result');
  const settings = await settingsOf(options, detail.function);
  const exported = exportText(detail, event.bytes, as, {
    result: result?.isCut ? undefined : result?.bytes,
    handler: settings?.handler,
    toRoot: toRoot(options, settings),
    placeArgs: placeArgsOf(options, running?.serve),
    functionUrl: functionUrlOf(running?.serve, detail.function),
  });
  if (!exported.ok)
    throw new LiveDebugError(
      'LD_CONFIG',
      printable(`the recording ${key} cannot be exported as ${as}: ${exported.reason}`),
    );
  if (output !== undefined) write(output, exported.text, force);
  if (format === 'json') {
    const where = output === undefined ? { text: exported.text } : { file: output };
    processOutput.line(eventLine({ event: 'export', key, as, ...where }));
    return exitCodes.ok;
  }
  if (output === undefined) await writeBytes(Buffer.from(exported.text));
  else errorOutput.line(`wrote ${printable(output)}`);
  const masked = detail.masked_paths ?? [];
  if (masked.length > 0)
    errorOutput.line(printable(`it has masked values, which are not recorded: ${masked.join(', ')}`));
  return exitCodes.ok;
}

function write(output: string, text: string, force: boolean): void {
  try {
    // What came in belongs to nobody else, whatever is masked.
    writeFileSync(output, text, { mode: 0o600, flag: force ? 'w' : 'wx' });
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    const message = isThere ? `${output} exists` : `${output} cannot be written: ${messageOf(cause)}`;
    throw new LiveDebugError('LD_CONFIG', message, {
      remedy: isThere
        ? 'write another file, or replace it with --force'
        : 'name a file in a folder that exists',
      cause,
    });
  }
}

/** Undefined without a local manifest, or if the function is gone or invalid. */
async function settingsOf(
  { config, root }: ExportRecordingOptions,
  name: string,
): Promise<FunctionSettings | undefined> {
  try {
    const { broken, functions } = await loadManifest({ root, config, functions: [name], allowBroken: true });
    return broken?.has(name) ? undefined : functions[0];
  } catch {
    return undefined;
  }
}

/** From the test's folder to the one that the handler's path is relative to. */
function toRoot({ output, root }: ExportRecordingOptions, settings: FunctionSettings | undefined): string {
  const source = join(resolve(root), settings?.sourceDir ?? '.');
  const from = output === undefined ? resolve(root) : dirname(resolve(output));
  const path = relative(from, source).replaceAll('\\', '/');
  return path === '' ? '.' : path.startsWith('..') ? path : `./${path}`;
}

function placeArgsOf({ config, root }: ExportRecordingOptions, serve: RunningServe | undefined): string[] {
  if (serve?.place.kind === 'stage') return ['--stage', serve.place.stage];
  return ['--local', ...folderArgs({ root, config })];
}

function functionUrlOf(serve: RunningServe | undefined, name: string): string | undefined {
  if (serve?.place.kind !== 'local') return undefined;
  return serve.place.targets[name]?.function_url?.url;
}
