// [5] The functions' code on this machine: the builder and the workers, and the session that receives their events.
import { createBuilder } from '../builder/builder.ts';
import type { Target } from '../builder/resolve-targets.ts';
import { nodeCommand } from '../platform.ts';
import type { Session } from '../session/session.ts';
import type { WorkerPool } from '../worker/contract.ts';
import type { Debugging } from '../worker/debug/debugging.ts';
import { createWorkerPool } from '../worker/pool/pool.ts';
import type { FunctionTunnels } from './function-tunnels.ts';
import type { ServingOptions } from './stage-to-serve.ts';
import type { Workspace } from './workspace.ts';

/**
 * Lambda freezes an environment as soon as its runtime asks for the next invocation. With this delay, invocations in quick
 * succession find their worker running.
 */
const freezeAfterMs = 50;

export interface LocalCode {
  readonly pool: WorkerPool;
  /** Resolves when every function was built once, successfully or not; rejects if building cannot begin. */
  readonly built: Promise<void>;
  /** Builds everything again and replaces the workers. */
  readonly reloadAll: () => void;
  /** Passes the builds' and workers' events to the session, with those so far at once. */
  attach(session: Pick<Session, 'onBuild' | 'onWorker'>): void;
}

/** Starts the first builds; processes start with the first invocations. `targets` are the manifest's. */
export function startLocalCode(
  targets: readonly Target[],
  options: Pick<ServingOptions, 'maxWorkers' | 'noTimeout' | 'machineProxy' | 'freeze' | 'verbose'>,
  debugging: Debugging | undefined,
  tunnels: FunctionTunnels | undefined,
  {
    closers,
    emit,
    nodeRuntimeFile,
    pythonRuntimeFile,
  }: Pick<Workspace, 'closers' | 'emit' | 'nodeRuntimeFile' | 'pythonRuntimeFile'>,
): LocalCode {
  let session: Parameters<LocalCode['attach']>[0] | undefined;
  const pool = createWorkerPool({
    maxWorkers: options.maxWorkers,
    noTimeout: options.noTimeout,
    machineProxy: options.machineProxy,
    freezeAfterMs: options.freeze ? freezeAfterMs : undefined,
    debugging,
    tunnelOf: tunnels?.settingsOf,
    proxyOf: tunnels?.proxyOf,
    nodeRuntimeFile,
    nodeCommand: nodeCommand(),
    pythonRuntimeFile,
    changedSince: (functionName, sinceMs) => builder.changedSince(functionName, sinceMs),
    onEvent: (event) => {
      if (event.type === 'loaded') builder.onLoaded(event);
      else session?.onWorker(event);
    },
  });
  closers.add(() => pool.close());
  // Events of the first builds are kept until the session can take them.
  const early: Parameters<Session['onBuild']>[0][] = [];
  const builder = createBuilder({
    targets,
    onEvent: (event) => {
      // Notices are shown at once, even during a slow build.
      if (event.type === 'notice') emit({ event: 'notice', message: event.message });
      else if (session) session.onBuild(event);
      else early.push(event);
    },
    verbose: options.verbose,
    nodeCommand: nodeCommand(),
    wasRunning: (functionName, atMs) => pool.wasRunning(functionName, atMs),
  });
  closers.add(() => builder.close());
  return {
    pool,
    built: builder.start(),
    reloadAll: () => builder.rebuild(),
    attach: (opened) => {
      session = opened;
      for (const event of early) opened.onBuild(event);
    },
  };
}
