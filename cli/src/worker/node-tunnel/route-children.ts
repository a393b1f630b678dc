// [5] Threads and child processes that the function starts: Node.js in them loads this program first.
import childProcess from 'node:child_process';
import workerThreads from 'node:worker_threads';
import { replace } from './route-lookups.ts';

export const variable = 'LIVECTL_TUNNEL';
/** The settings in a thread, which has a copy of the function's variables and so does not see the variable. */
export const threadData = 'livectl.tunnel';

/** `file` is this program, `settings` gives the variable's current value: undefined while there is no tunnel. */
export function routeChildren(file: string, settings: () => string | undefined): void {
  routeThreads(file);
  const child = (childProcess as unknown as { ChildProcess?: { prototype: { spawn?: unknown } } })
    .ChildProcess;
  const spawn = child?.prototype.spawn as ((options: { envPairs?: string[] }) => unknown) | undefined;
  if (child && spawn) {
    child.prototype.spawn = function (this: unknown, options: { envPairs?: string[] }) {
      const text = settings();
      if (text !== undefined && Array.isArray(options?.envPairs)) addTo(options.envPairs, file, text);
      return Reflect.apply(spawn, this, [options]);
    };
  }
  for (const name of ['spawnSync', 'execFileSync', 'execSync'] as const) {
    const original = childProcess[name] as (...values: unknown[]) => unknown;
    replace(childProcess, name, (...values: unknown[]) => {
      const text = settings();
      return original(...(text === undefined ? values : withVariables(name, values, file, text)));
    });
  }
}

/** Removes from NODE_OPTIONS what starts this program, so that the function sees its own. */
export function cleanOptions(environment: NodeJS.ProcessEnv, file: string): void {
  const ours = loading(file);
  const { NODE_OPTIONS: options } = environment;
  if (options === undefined) return;
  const own = options.replace(ours, '').trim();
  if (own === '') delete environment.NODE_OPTIONS;
  else environment.NODE_OPTIONS = own;
}

function routeThreads(file: string): void {
  const { Worker } = workerThreads;
  const start = (values: unknown[], options: workerThreads.WorkerOptions, target: object): object =>
    Reflect.construct(Worker, [values[0], options, ...values.slice(2)], target as typeof Worker);
  workerThreads.Worker = new Proxy(Worker, {
    construct(_, values: unknown[], target): object {
      if (workerThreads.getEnvironmentData(threadData) === undefined)
        return Reflect.construct(Worker, values, target) as object;
      const given = values[1] as workerThreads.WorkerOptions | undefined;
      const own = given?.execArgv ?? process.execArgv;
      try {
        return start(values, { ...given, execArgv: [...own, '--require', file] }, target);
      } catch (error) {
        // Options of the whole process, such as a limit of its memory, are not those of a thread.
        const isInherited = given?.execArgv === undefined;
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'ERR_WORKER_INVALID_EXEC_ARGV' || !isInherited) throw error;
        const ofThreads = own.filter((option) => option === '--enable-source-maps');
        return start(values, { ...given, execArgv: [...ofThreads, '--require', file] }, target);
      }
    },
  });
}

function addTo(pairs: string[], file: string, text: string): void {
  const at = pairs.findIndex((pair) => pair.startsWith('NODE_OPTIONS='));
  const own = at < 0 ? '' : `${pairs[at]?.slice('NODE_OPTIONS='.length)} `;
  const options = `NODE_OPTIONS=${own}${loading(file)}`;
  if (at < 0) pairs.push(options);
  else pairs[at] = options;
  pairs.push(`${variable}=${text}`);
}

/** The arguments with more variables: options are the last one, or the one before a callback that these do not have. */
function withVariables(name: string, values: unknown[], file: string, text: string): unknown[] {
  const place = values.findIndex(
    (value, index) => index > 0 && typeof value === 'object' && value !== null && !Array.isArray(value),
  );
  const options = (place < 0 ? {} : values[place]) as { env?: NodeJS.ProcessEnv };
  const env = { ...(options.env ?? process.env) };
  const own = env.NODE_OPTIONS === undefined ? '' : `${env.NODE_OPTIONS} `;
  Object.assign(env, { NODE_OPTIONS: `${own}${loading(file)}`, [variable]: text });
  const given = { ...options, env };
  if (place >= 0) return values.map((value, index) => (index === place ? given : value));
  return name === 'execSync'
    ? [values[0], given]
    : [values[0], Array.isArray(values[1]) ? values[1] : [], given];
}

/** As an option in NODE_OPTIONS, where quotes and backslashes are as in a string of C. */
function loading(file: string): string {
  return `--require=${/["\\\s]/.test(file) ? JSON.stringify(file) : file}`;
}
