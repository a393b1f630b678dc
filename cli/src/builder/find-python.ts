// Finds the interpreter with which a project runs its Python.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { messageOf } from '../../../protocol/live-debug-error.ts';

/** An interpreter that answered. */
interface Python {
  /** Absolute. */
  readonly interpreter: string;
  /** e.g. `3.13.1` */
  readonly version: string;
}

/** Where and how to search. */
export interface PythonQuestion {
  /** `python` of the manifest: a path relative to `root`, or a command. */
  readonly setting: string | undefined;
  /** The manifest's root: the topmost folder that is searched. */
  readonly root: string;
  readonly taskRoot: string;
}

/** The result of a search: `python` is the one to use, or `problem` says what is wrong and what to do. */
type PythonSearch = {
  /** Files whose appearance or removal may change the result, absolute. */
  readonly places: readonly string[];
  /** Worth reporting although an interpreter was found. */
  readonly notice?: string | undefined;
} & ({ readonly python: Python } | { readonly problem: string });

/** How long a program may take to answer, in milliseconds. */
const answerMs = 5000;
/** The oldest minor version of Python 3 that the runtime client supports. */
const oldestMinor = 9;

/** Tools that keep environments outside the project, by their lock files, and the command that prints the environment. */
const tools = [
  { lock: 'poetry.lock', command: ['poetry', 'env', 'info', '-p'], install: 'poetry install' },
  { lock: 'Pipfile.lock', command: ['pipenv', '--venv'], install: 'pipenv install' },
  { lock: 'uv.lock', command: ['uv', 'python', 'find'], install: 'uv sync' },
] as const;

const question =
  'import sys; sys.stdout.write("%d.%d.%d\\n%s" % (tuple(sys.version_info[:3]) + (sys.executable,)))';

const windows = process.platform === 'win32';

/** Searches interpreters for one livectl; asks each program once. */
export class PythonFinder {
  readonly #env: NodeJS.ProcessEnv;
  readonly #asked = new Map<string, Promise<string>>();

  /** `env` provides `PATH` and `VIRTUAL_ENV`. */
  constructor(env: NodeJS.ProcessEnv = process.env) {
    this.#env = env;
  }

  /**
   * In this order: the manifest's `python`; the active virtual environment; `.venv` or `venv` in the task root or a folder above
   * it, up to the root; the environment of Poetry, Pipenv or uv if their lock file exists; `python3` on the PATH. Never rejects.
   */
  async find({ setting, root, taskRoot }: PythonQuestion): Promise<PythonSearch> {
    if (setting !== undefined) {
      const program = /[/\\]/.test(setting) ? resolve(root, setting) : setting;
      const search = await this.#use(program, taskRoot, isAbsolute(program) ? [program] : []);
      if (!('problem' in search)) return search;
      return { ...search, problem: `"python" in livectl.json: ${search.problem}` };
    }
    const folders = foldersUpTo(root, taskRoot);
    const environments = folders.flatMap((folder) => [join(folder, '.venv'), join(folder, 'venv')]);
    const places = environments.map((folder) => join(folder, 'pyvenv.cfg'));
    const active = this.#env.VIRTUAL_ENV ? [this.#env.VIRTUAL_ENV] : [];
    for (const environment of [...active, ...environments]) {
      const program = interpreterOf(environment);
      if (existsSync(program)) return this.#use(program, taskRoot, places);
    }
    const { program, notice } = await this.#askTools(folders);
    if (program !== undefined) return this.#use(program, taskRoot, places);
    return { ...(await this.#onPath(taskRoot, places)), notice };
  }

  async #askTools(folders: readonly string[]): Promise<{ program?: string; notice?: string }> {
    for (const folder of folders) {
      for (const { lock, command, install } of tools) {
        if (!existsSync(join(folder, lock))) continue;
        const [tool, ...args] = command;
        try {
          const answer = (await this.#ask(tool, args, folder)).trim();
          const program = lock === 'uv.lock' ? answer : interpreterOf(answer);
          if (existsSync(program)) return { program };
        } catch {
          // Not installed, no environment yet, or too slow; reported below.
        }
        return {
          notice: `${join(folder, lock)} exists, but ${command.join(' ')} reports no environment: its functions run with the Python on the PATH. Run ${install} in ${folder} and start livectl again.`,
        };
      }
    }
    return {};
  }

  async #onPath(taskRoot: string, places: readonly string[]): Promise<PythonSearch> {
    const [first, second] = windows ? ['python', 'py'] : ['python3', 'python'];
    const search = await this.#use(first ?? '', taskRoot, places);
    if ('python' in search) return search;
    const other = await this.#use(second ?? '', taskRoot, places);
    if ('python' in other) return other;
    const { problem } = search;
    return {
      places,
      problem: `there is no virtual environment (.venv, venv) in ${taskRoot}, and of the Python on the PATH: ${problem}`,
    };
  }

  /** Asks a program for its path and version. */
  async #use(program: string, cwd: string, places: readonly string[]): Promise<PythonSearch> {
    const remedy = `install Python 3.${oldestMinor} or later, or name one with "python" in livectl.json`;
    try {
      const [version = '', interpreter = ''] = (await this.#ask(program, ['-c', question], cwd)).split('\n');
      const [major, minor] = version.split('.').map(Number);
      if (major === 3 && minor !== undefined && minor >= oldestMinor && isAbsolute(interpreter.trim()))
        return { python: { interpreter: interpreter.trim(), version }, places };
      return { problem: `${program} is Python ${version}, which is too old: ${remedy}`, places };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const why = code === 'ENOENT' ? 'is not there' : `does not run (${reason(error)})`;
      return { problem: `${program} ${why}: ${remedy}`, places };
    }
  }

  /** What a program prints; failures are not cached, since they may be fixed. */
  #ask(program: string, args: readonly string[], cwd: string): Promise<string> {
    const key = JSON.stringify([program, args, cwd]);
    const asked =
      this.#asked.get(key) ??
      promisify(execFile)(program, [...args], {
        cwd,
        env: this.#env,
        timeout: answerMs,
        windowsHide: true,
      }).then(({ stdout }) => stdout);
    this.#asked.set(key, asked);
    asked.catch(() => this.#asked.delete(key));
    return asked;
  }
}

function interpreterOf(environment: string): string {
  return windows ? join(environment, 'Scripts', 'python.exe') : join(environment, 'bin', 'python');
}

/** The task root and the folders above it, up to the root; only the task root if it is outside the root. */
function foldersUpTo(root: string, taskRoot: string): string[] {
  const folders = [taskRoot];
  const way = relative(root, taskRoot);
  if (way.startsWith('..') || isAbsolute(way)) return folders;
  for (let folder = taskRoot; folder !== root && folder !== dirname(folder); ) {
    folder = dirname(folder);
    folders.push(folder);
  }
  return folders;
}

/** On one line: the last line of the program's stderr, or that it took too long. */
function reason(error: unknown): string {
  const { killed, stderr } = error as { killed?: boolean; stderr?: string };
  if (killed) return `no answer within ${answerMs / 1000} s`;
  return stderr?.trim().split('\n').at(-1) || messageOf(error).split('\n')[0] || 'no reason given';
}
