// The command that tests the endpoints of functions, as hints and the guide name it.
import { shellWords } from '../log/shell-words.ts';
import { folderArgs, type Place, placeArgs } from '../place.ts';

/** `livectl vpn --check` with the flags for the place; without `--stage` it reads a folder's livectl.json. */
export function checkCommand(place: Place): string {
  const args = place.kind === 'stage' ? placeArgs(place) : folderArgs(place);
  return shellWords(['livectl', 'vpn', '--check', ...args]);
}
