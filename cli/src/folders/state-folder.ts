// The private folder in which running livectls record what others on this machine need to find them.
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { makePrivateFolder } from './private-folder.ts';

/**
 * `$XDG_STATE_HOME/livectl`, by default `~/.local/state/livectl` (XDG Base Directory Specification), on Windows
 * `%LOCALAPPDATA%\livectl`.
 */
export function stateFolder(): string {
  const { LOCALAPPDATA, XDG_STATE_HOME } = process.env;
  // The specification requires relative paths to be ignored.
  if (XDG_STATE_HOME && isAbsolute(XDG_STATE_HOME)) return join(XDG_STATE_HOME, 'livectl');
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'livectl');
  return join(homedir(), '.local', 'state', 'livectl');
}

/** Creates the folder, private (0700). Throws if that fails, if it is another user's, or if another user could replace it. */
export function makeStateFolder(): string {
  const folder = stateFolder();
  makePrivateFolder(folder);
  return folder;
}
