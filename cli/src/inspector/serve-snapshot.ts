// The inspector's API: what it says of the running serve (docs/inspector-api.md).
import type { SourceKind } from '../recordings/recording.ts';
import type { ServedFunction, SessionEvent } from '../session/session-event.ts';
import type { Editor } from './editor.ts';

/** `GET /api/v1/state`, and the message `state` when it changes. */
export interface ServeSnapshot {
  readonly version: 1;
  /** Version of livectl. */
  readonly livectl: string;
  /** Random, another one for each serve. */
  readonly run: string;
  readonly stage: string;
  readonly place: 'local' | 'stage';
  /** The project's folder. */
  readonly root: string;
  /** Invocations are written to files. */
  readonly recording: boolean;
  /** `--observe`: nothing runs here. */
  readonly observing: boolean;
  readonly max_workers: number;
  readonly functions: readonly SnapshotFunction[];
  /** `building` until the first builds are over. */
  readonly build: 'ok' | 'failed' | 'building';
  /** Absent unless `build` is `failed`. */
  readonly build_errors?: readonly SnapshotBuildError[];
  readonly editor: Editor;
  /** Another livectl has taken the stage, and this one ends. `by`: `USER on HOST`, if it is known. */
  readonly displaced?: { readonly by?: string };
  readonly relay: 'connected' | 'lost';
  /** When it began to serve, ISO 8601. */
  readonly since: string;
  /** Of this serve, by function; replays do not count. */
  readonly counts: Readonly<Record<string, { readonly invocations: number; readonly failed: number }>>;
}

/** One of `functions` of `ready`, and more about it. */
export interface SnapshotFunction extends ServedFunction {
  readonly runtime: string;
  readonly handler: string;
  /** The source file of the handler, relative to the root, if it is known. */
  readonly file?: string;
  readonly sources: readonly SnapshotSource[];
}

/** What invokes a function: a route, or the name of a queue, topic, bus, bucket, table or stream. */
export interface SnapshotSource {
  readonly source: SourceKind;
  readonly name: string;
}

type BuildMessage = Extract<SessionEvent, { event: 'build_error' }>['errors'][number];

export interface SnapshotBuildError extends BuildMessage {
  readonly function: string;
}
