// Finds esbuild at run time: its native program cannot be part of livectl's single file.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { messageOf } from '../../../protocol/live-debug-error.ts';

export type Esbuild = typeof import('esbuild');

/** The result of a search; `problem` says why an esbuild that was found cannot be used. */
export interface EsbuildSearch {
  readonly esbuild: Esbuild | undefined;
  /** Its module, absolute; undefined without an `esbuild`. */
  readonly path?: string | undefined;
  readonly problem: string | undefined;
  /** Releases it; the last release ends esbuild's process. */
  readonly release: () => Promise<void>;
}

interface Loaded {
  readonly probe: Promise<Esbuild | string>;
  users: number;
}

/** Every esbuild in use, by the path of its module; all users share its process. */
const loaded = new Map<string, Loaded>();

/** The project's own esbuild, searched for from `folder` upwards, otherwise the one installed with livectl. */
export async function findEsbuild(folder: string): Promise<EsbuildSearch> {
  let problem: string | undefined;
  for (const from of [join(folder, 'noop.js'), import.meta.url]) {
    const path = resolveEsbuild(from);
    if (path === undefined) continue;
    const { esbuild, release } = await use(path);
    if (typeof esbuild !== 'string') return { esbuild, path, problem, release };
    problem ??= esbuild;
  }
  return { esbuild: undefined, problem, release: async () => {} };
}

function resolveEsbuild(from: string): string | undefined {
  try {
    return createRequire(from).resolve('esbuild');
  } catch {
    return undefined;
  }
}

async function use(path: string): Promise<{ esbuild: Esbuild | string; release: () => Promise<void> }> {
  const entry = loaded.get(path) ?? { probe: load(path), users: 0 };
  loaded.set(path, entry);
  entry.users++;
  const release = async () => {
    if (--entry.users > 0) return;
    loaded.delete(path);
    const esbuild = await entry.probe;
    // `stop` was added in 0.20; before that, the process ends with ours.
    if (typeof esbuild !== 'string') await esbuild.stop?.();
  };
  const esbuild = await entry.probe;
  if (typeof esbuild === 'string') await release();
  return { esbuild, release };
}

/** The module, or what is wrong with it. */
async function load(path: string): Promise<Esbuild | string> {
  try {
    const esbuild = createRequire(path)(path) as Esbuild;
    if (typeof esbuild.context !== 'function') {
      return `esbuild ${esbuild.version} in ${dirname(path)} is too old: 0.17 or later is needed`;
    }
    // Starts its process now, so that an installation for another platform fails here.
    await esbuild.transform('');
    return esbuild;
  } catch (error) {
    return `esbuild in ${dirname(path)} does not start: ${messageOf(error).split('\n')[0]}`;
  }
}

const reviving = new WeakMap<Esbuild, Promise<void>>();

/** Restarts esbuild's process if it is gone; its contexts are lost. Rejects if it does not start. */
export function revive(esbuild: Esbuild): Promise<void> {
  const underWay = reviving.get(esbuild) ?? restart(esbuild).finally(() => reviving.delete(esbuild));
  reviving.set(esbuild, underWay);
  return underWay;
}

async function restart(esbuild: Esbuild): Promise<void> {
  try {
    await esbuild.transform('');
  } catch {
    await esbuild.stop?.();
    await esbuild.transform('');
  }
}
