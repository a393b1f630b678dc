// Inspector page: what the API says of the running serve (docs/inspector-api.md).
import type { SourceKind } from '../../../cli/src/recordings/recording.ts';

/** `GET /api/v1/state`, and the `state` message when it changes. */
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
  readonly recording: boolean;
  readonly observing: boolean;
  readonly max_workers: number;
  readonly functions: readonly SnapshotFunction[];
  readonly build: 'ok' | 'failed' | 'building';
  readonly build_errors?: readonly BuildMessage[];
  readonly editor?: Editor;
  readonly displaced?: { readonly by?: string };
  readonly relay: 'connected' | 'lost';
  /** When it began to serve, ISO 8601. */
  readonly since: string;
  readonly counts: Readonly<Record<string, { readonly invocations: number; readonly failed: number }>>;
}

export interface SnapshotFunction {
  readonly name: string;
  readonly runtime?: string;
  readonly handler?: string;
  /** Source file, relative to the root. */
  readonly file?: string;
  readonly sources?: readonly { readonly source: SourceKind; readonly name: string }[];
  /** Another livectl that serves it. */
  readonly held_by?: { readonly user: string; readonly host: string };
}

export interface BuildMessage {
  readonly function?: string;
  readonly text: string;
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  /** From 0. */
  readonly column?: number;
  /** The source line itself. */
  readonly lineText?: string;
}

/** `url` has the placeholders {file}, {line} and {column}. */
export interface Editor {
  readonly name: string;
  readonly url: string;
}
