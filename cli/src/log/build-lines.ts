// The terminal view of a build's errors: the place, as a link, and its source line.
import { resolve } from 'node:path';
import type { BuildMessage } from '../builder/build-event.ts';
import { linked, type PlaceView, shownPath } from './file-place.ts';
import { printable, printableLines } from './printable.ts';
import { margin, type View } from './view.ts';

/** Indented, a block for each error. */
export function buildLines(functionName: string, errors: readonly BuildMessage[], view: View): string[] {
  const folder = view.folderOf(functionName);
  return errors.map((error) => indent(buildMessage(error, folder, view.places)));
}

/** One build error as `file:line:column: text` with its source line. */
function buildMessage(error: BuildMessage, folder: string | undefined, places: PlaceView): string {
  const where = error.file === undefined ? '' : `${buildPlace(error.file, error, folder, places)}: `;
  const source = error.lineText ? [`  ${printable(error.lineText.trim())}`] : [];
  return [where + printableLines(error.text, false).join('\n'), ...source].join('\n');
}

function buildPlace(
  file: string,
  { column, line }: BuildMessage,
  folder: string | undefined,
  { here, links }: PlaceView,
): string {
  const at = { line: line ?? 1, column: (column ?? 0) + 1 };
  const position = `:${at.line}:${at.column}`;
  if (folder === undefined) return printable(file) + position;
  const path = resolve(folder, file);
  return linked(printable(shownPath(path, here)) + position, { path, ...at }, links);
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => margin + line)
    .join('\n');
}
