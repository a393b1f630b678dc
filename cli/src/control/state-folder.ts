// Where running livectls leave word of themselves: a folder of this user's own.
import { chmodSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * `$XDG_STATE_HOME/livectl`, by default `~/.local/state/livectl` (XDG Base Directory Specification), on Windows
 * `%LOCALAPPDATA%\livectl`.
 */
export function stateFolder(): string {
  const { LOCALAPPDATA, XDG_STATE_HOME } = process.env;
  // The specification has relative paths ignored.
  if (XDG_STATE_HOME && isAbsolute(XDG_STATE_HOME)) return join(XDG_STATE_HOME, 'livectl');
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'livectl');
  return join(homedir(), '.local', 'state', 'livectl');
}

/** Makes the folder, private (0700). Throws where it can't be made, or is another user's. */
export function makeStateFolder(): string {
  const folder = stateFolder();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isOwn(folder)) throw new Error(`${folder} is another user's`);
  const { mode } = statSync(folder);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) chmodSync(folder, 0o700);
  return folder;
}

/** Whether folder and what it may be a link to are this user's: another's would have events sent to his own program. */
export function isOwn(folder: string): boolean {
  const { getuid } = process;
  return getuid === undefined || [lstatSync(folder), statSync(folder)].every(({ uid }) => uid === getuid());
}
