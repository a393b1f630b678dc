// Starts Node runtime clients for the tests of one file and ends them after each test.
import { afterEach } from 'vitest';
import { builtRuntime } from './built-runtime.ts';
import { RuntimeProcess, type RuntimeProcessOptions } from './runtime-process.ts';

type Options = Partial<RuntimeProcessOptions>;

export interface NodeRuntimes {
  start(handler: string, options?: Options): Promise<RuntimeProcess>;
  /** The parsed answer or error of a process's first invocation. */
  invokeOnce(handler: string, event?: unknown, options?: Options): Promise<unknown>;
  /** The error that ended the init phase, parsed. */
  initError(handler: string, options?: Options): Promise<unknown>;
}

/** Call it once, at the top of a test file. */
export function nodeRuntimes(): NodeRuntimes {
  const runtime = builtRuntime();
  const started: RuntimeProcess[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((process) => process.stop()));
  });
  const start: NodeRuntimes['start'] = async (handler, options = {}) => {
    const process = await RuntimeProcess.start({ runtimeFile: runtime.file, handler, ...options });
    started.push(process);
    return process;
  };
  return {
    start,
    invokeOnce: async (handler, event = {}, options = {}) => (await start(handler, options)).invoke(event),
    initError: async (handler, options = {}) => {
      const { api } = await start(handler, options);
      const result = await api.initialised;
      return result.ok ? 'initialised' : JSON.parse(Buffer.from(result.error.body).toString());
    },
  };
}

/** Options for what nodejs24 does otherwise. */
export const node24 = { runtime: 'nodejs24.x' } as const;
