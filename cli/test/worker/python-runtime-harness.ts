// Starts Python runtime clients for the tests of one file and ends them after each test.
import { afterEach } from 'vitest';
import { pythonRuntimeFile } from './built-runtime.ts';
import { python, pythonHandlers } from './python-interpreter.ts';
import { RuntimeProcess, type RuntimeProcessOptions } from './runtime-process.ts';

type Options = Partial<RuntimeProcessOptions>;

export interface PythonRuntimes {
  start(handler: string, options?: Options): Promise<RuntimeProcess>;
  /** The parsed answer or error of a process's first invocation. */
  invokeOnce(handler: string, event?: unknown, options?: Options): Promise<unknown>;
  /** The error that ended the init phase, parsed. */
  initError(handler: string, options?: Options): Promise<unknown>;
}

/** Call it once, at the top of a test file. */
export function pythonRuntimes(): PythonRuntimes {
  const started: RuntimeProcess[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((process) => process.stop()));
  });
  const start: PythonRuntimes['start'] = async (handler, options = {}) => {
    const process = await RuntimeProcess.start({
      runtimeFile: pythonRuntimeFile,
      handler,
      command: [python, '-X', 'utf8'],
      runtime: 'python3.13',
      taskRoot: pythonHandlers,
      ...options,
    });
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
