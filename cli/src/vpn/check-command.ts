// The command that tries the endpoints of functions, for hints and the guide to name.
import { shellWords } from '../log/shell-words.ts';
import { folderArgs, type Place, placeArgs } from '../place.ts';

/** `livectl vpn --check` with the flags that name the place: a folder's livectl.json is read without `--stage`. */
export function checkCommand(place: Place): string {
  const args = place.kind === 'stage' ? placeArgs(place) : folderArgs(place);
  return shellWords(['livectl', 'vpn', '--check', ...args]);
}
