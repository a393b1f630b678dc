// The inspector of a running `serve`: started beside everything else, which never waits for it or fails with it.
import packageJson from 'embedded:package.json';
import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { systemClock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { builtPage } from '../inspector/built-page.ts';
import { editorOf } from '../inspector/editor.ts';
import { type Inspector, type InspectorOptions, startInspector } from '../inspector/inspector.ts';
import { keepAddress, recallAddress } from '../inspector/kept-address.ts';
import { type ServeFacts, ServeStatus } from '../inspector/serve-status.ts';
import type { Recorder } from '../recordings/recorder.ts';
import type { Closers } from '../run/closers.ts';
import type { ObserveEvent } from '../session/session-event.ts';

interface InspectedServe
  extends Pick<InspectorOptions, 'replay' | 'originalResult' | 'exportOptions' | 'token'> {
  readonly facts: Omit<ServeFacts, 'livectl' | 'run' | 'editor' | 'since' | 'root'>;
  /** The project's folder. */
  readonly root: string;
  /** Together with the folder, what an open page belongs to. */
  readonly stageId: readonly string[];
  readonly recorder: Recorder;
  readonly closers: Closers;
  readonly onNotice: (message: string) => void;
}

export interface OpenedInspector {
  /** Takes what serve reports. */
  readonly take: (event: ObserveEvent) => void;
  readonly status: ServeStatus;
  /** Undefined if it could not start, which has been reported. Never rejects. */
  readonly started: Promise<Inspector | undefined>;
}

export function openInspector(serve: InspectedServe): OpenedInspector {
  const { closers, exportOptions, facts, onNotice, originalResult, recorder, replay, stageId, token } = serve;
  const root = realPath(serve.root);
  const status = new ServeStatus({
    ...facts,
    root,
    livectl: packageJson.version,
    run: randomBytes(8).toString('hex'),
    editor: editorOf(process.env),
    since: new Date().toISOString(),
  });
  const place = [root, ...stageId];
  const original = (key: string) => recorder.original(key);
  const page = builtPage;
  const common = {
    recordings: recorder,
    status,
    token,
    page,
    replay,
    original,
    originalResult,
    exportOptions,
  };
  let inspector: Inspector | undefined;
  let isClosed = false;
  const started = startInspector({ ...common, kept: recallAddress(place), clock: systemClock }).then(
    (opened) => {
      inspector = opened;
      if (isClosed) void opened.close();
      else keepAddress(place, opened.kept);
      return opened;
    },
    (error: unknown) => {
      onNotice(`the inspector could not start: ${messageOf(error)}`);
      return undefined;
    },
  );
  closers.add(() => {
    isClosed = true;
    return inspector?.close();
  });
  return {
    status,
    started,
    take: (event) => (inspector ? inspector.take(event) : status.take(event)),
  };
}

function realPath(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
