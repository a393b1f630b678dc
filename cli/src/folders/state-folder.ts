// Where running livectls record what others on this machine need of them: a folder of this user's own.
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { makePrivateFolder } from './private-folder.ts';

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

/** Makes the folder, private (0700). Throws where it can't be made, is another user's, or could be replaced by one. */
export function makeStateFolder(): string {
  const folder = stateFolder();
  makePrivateFolder(folder);
  return folder;
}
