// The temporary folder of one run of livectl, which no other user can access, and the removal of those that killed runs
// left behind.
import { chmodSync, lstatSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { removeEnded } from './ended-runs.ts';
import { isPrivateFolder, makePrivateFolder } from './private-folder.ts';
import { removeFolder } from './remove-folder.ts';
import { holdLock, newRunId } from './run-lock.ts';
import { unsafePart } from './safe-path.ts';
import { stateFolder } from './state-folder.ts';

interface TempFolder {
  /** 0700. */
  readonly path: string;
  /** Synchronous, as the process may be ending; after a kill -9 the next run removes it. */
  remove(): void;
}

/**
 * Creates it in `$XDG_RUNTIME_DIR/livectl` if the variable names a private folder of this user's, otherwise in `run` of the
 * state folder, otherwise, if neither is writable, under a random name in the system's folder for temporary files. Rejects
 * with LD_CONFIG if another user could change the contents of any of them.
 */
export async function makeTempFolder(): Promise<TempFolder> {
  const problems: string[] = [];
  for (const root of roots()) {
    try {
      makePrivateFolder(root);
      return await makeIn(root);
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  const shared = tmpdir();
  try {
    const problem = unsafePart(shared);
    if (problem === undefined) return ownOnly(mkdtempSync(join(shared, 'livectl-')));
    problems.push(problem);
  } catch (error) {
    problems.push(messageOf(error));
  }
  const words = [...new Set(problems)].join('; ');
  throw new LiveDebugError('LD_CONFIG', `no private folder for temporary files: ${words}`, {
    remedy: 'set XDG_STATE_HOME to a folder of yours that no other user can write to',
  });
}

function roots(): string[] {
  const { XDG_RUNTIME_DIR: runtime } = process.env;
  const own = join(stateFolder(), 'run');
  // The XDG Base Directory Specification requires mode 0700 and the user's ownership; any other folder is not used.
  return runtime && isAbsolute(runtime) && isPrivateFolder(runtime) ? [join(runtime, 'livectl'), own] : [own];
}

async function makeIn(root: string): Promise<TempFolder> {
  await removeEnded(root);
  const lock = await holdLock(root, newRunId());
  const path = join(root, lock.id);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    lock.release();
    throw error;
  }
  return {
    path,
    remove() {
      removeFolder(path);
      lock.release();
    },
  };
}

/** Nothing removes what a killed run leaves here: names in a shared folder prove nothing. */
function ownOnly(path: string): TempFolder {
  chmodSync(path, 0o700);
  const { ino } = lstatSync(path);
  return {
    path,
    remove() {
      if (lstatSync(path, { throwIfNoEntry: false })?.ino === ino && !unsafePart(dirname(path))) {
        removeFolder(path);
      }
    },
  };
}
