// What the lines of the terminal view share: colours, links, and how functions and invocations are named.
import type { PlaceView } from './file-place.ts';
import type { OpenInvocations } from './open-invocations.ts';
import { printable } from './printable.ts';
import type { FrameFilter } from './runtime-frames.ts';
import type { Style } from './style.ts';

/** What the lines of events depend on. */
export interface View {
  readonly paint: Style;
  readonly colour: boolean;
  /** By invocation, or by function for lines without one, since their lines are interleaved. */
  readonly filters: Map<string, FrameFilter>;
  readonly open: OpenInvocations;
  readonly places: PlaceView;
  readonly folderOf: (functionName: string) => string | undefined;
  /** Functions that the last save of livectl.json has added; undefined before the first one. */
  added: ReadonlySet<string> | undefined;
}

/** Indents further lines of an error or a message below the function's name. */
export const margin = ' '.repeat(9);

/** Enough of a request id to tell invocations apart on one screen. */
export const tagLength = 6;

export function name(event: { readonly function: string }, paint: Style): string {
  return paint.name(printable(event.function));
}

export function tag(id: string, view: View): string {
  return tinted(id, printable(id).slice(0, tagLength).padEnd(tagLength), view);
}

/** In the colour of the invocation, if it runs. */
export function tinted(id: string | undefined, text: string, { open, paint }: View): string {
  return (id === undefined ? undefined : open.tinted(id, text)) ?? paint.dim(text);
}
