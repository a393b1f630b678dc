// What a recording is exported as, and what is needed for it.
import type { InvocationDetail } from './recording.ts';

/** What a recording can be exported as. */
export const exportForms = ['event', 'curl', 'invoke', 'vitest', 'pytest'] as const;
export type ExportForm = (typeof exportForms)[number];

/** What is needed of a recording. */
export type ExportedInvocation = Pick<
  InvocationDetail,
  | 'key'
  | 'id'
  | 'function'
  | 'trigger'
  | 'at'
  | 'status'
  | 'event_cut'
  | 'result_cut'
  | 'masked_paths'
  | 'context'
> & { readonly error?: { readonly name: string; readonly message: string } };

export interface ExportOptions {
  /** The recorded answer, for tests. */
  readonly result?: Uint8Array | undefined;
  /** As in the manifest, e.g. `src/hello.handler`; for tests. */
  readonly handler?: string | undefined;
  /** From the test's folder to the root, e.g. `..`; default `.`. */
  readonly toRoot?: string | undefined;
  /** Where `livectl invoke` finds the stage, e.g. `--stage dev-tom`; default `--local`. */
  readonly placeArgs?: readonly string[] | undefined;
  /** The function's URL, for events of function URLs of the local cloud. */
  readonly functionUrl?: string | undefined;
}

/** `reason`: why it can't be exported so, as a clause. */
export type Exported =
  | { readonly ok: true; readonly text: string; readonly fileName: string }
  | { readonly ok: false; readonly reason: string };
