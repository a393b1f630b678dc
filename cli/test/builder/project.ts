// A project in a temporary folder with a builder that watches it, for tests: real files, real events, real esbuild.
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { BuildEvent, Builder } from '../../src/builder/build-event.ts';
import { type BuilderOptions, createBuilder } from '../../src/builder/builder.ts';
import { resolveTargets } from '../../src/builder/resolve-targets.ts';
import type { FunctionSettings } from '../../src/manifest/function-settings.ts';
import { functionSettings } from '../manifest/function-settings.ts';

type Built = Extract<BuildEvent, { type: 'built' }>;
type BuildError = Extract<BuildEvent, { type: 'build_error' }>;

export class Project {
  readonly root: string;
  readonly events: BuildEvent[] = [];
  /** Events up to here were waited for. */
  #seen = 0;
  #wake: () => void = () => {};
  #builder: Builder | undefined;

  constructor(root: string) {
    this.root = root;
  }

  static async create(files: Readonly<Record<string, string>> = {}): Promise<Project> {
    // The real path, as esbuild tells it: the temporary folder is a link on macOS.
    const project = new Project(await realpath(await mkdtemp(join(tmpdir(), 'build-'))));
    for (const [name, text] of Object.entries(files)) await project.write(name, text);
    return project;
  }

  path(name: string): string {
    return join(this.root, name);
  }

  async write(name: string, text: string): Promise<void> {
    await mkdir(dirname(this.path(name)), { recursive: true });
    await writeFile(this.path(name), text);
  }

  async makeExecutable(name: string): Promise<void> {
    await chmod(this.path(name), 0o755);
  }

  /** Starts a builder for these functions; what is left out has the manifest's defaults. */
  async start(
    functions: readonly (Partial<FunctionSettings> & { name: string })[],
    options: Partial<BuilderOptions> = {},
  ): Promise<void> {
    const targets = resolveTargets({
      file: this.path('livectl.json'),
      root: this.root,
      functions: functions.map(functionSettings),
    });
    const onEvent = (event: BuildEvent) => {
      this.events.push(event);
      this.#wake();
    };
    this.#builder = createBuilder({ targets, onEvent, ...options });
    await this.#builder.start();
  }

  /** The next event of the kind that was not waited for yet and passes the test. */
  async next<Type extends BuildEvent['type']>(
    type: Type,
    passes: (event: Extract<BuildEvent, { type: Type }>) => boolean = () => true,
  ): Promise<Extract<BuildEvent, { type: Type }>> {
    const deadline = Date.now() + 10_000;
    for (;;) {
      while (this.#seen < this.events.length) {
        const event = this.events[this.#seen++] as BuildEvent;
        if (event.type === type && passes(event as Extract<BuildEvent, { type: Type }>)) {
          return event as Extract<BuildEvent, { type: Type }>;
        }
      }
      if (Date.now() > deadline) throw new Error(`no ${type} in time, only ${JSON.stringify(this.events)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now() + 1);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  changedSince(functionName: string, sinceMs: number): boolean | undefined {
    return this.#builder?.changedSince(functionName, sinceMs);
  }

  /** A worker reports what it has loaded of a build. */
  loaded(functionName: string, build: number, files: readonly string[]): void {
    const absolute = files.map((file) => this.path(file));
    const report = { files: absolute, folders: [], complete: true, failed: false };
    this.#builder?.onLoaded({ functionName, build, since: Date.now(), ...report });
  }

  built(functionName?: string): Promise<Built> {
    return this.next('built', ({ code }) => functionName === undefined || code.functionName === functionName);
  }

  failed(): Promise<BuildError> {
    return this.next('build_error');
  }

  /** Everything of the kind so far, waited for or not. */
  all<Type extends BuildEvent['type']>(type: Type): Extract<BuildEvent, { type: Type }>[] {
    return this.events.filter((event) => event.type === type) as Extract<BuildEvent, { type: Type }>[];
  }

  async stop(): Promise<void> {
    await this.#builder?.close();
    this.#builder = undefined;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.root, { recursive: true, force: true });
  }
}

/** Runs the handler of a build in a Node process of its own; what it returns, or how it died. */
export async function answer(
  { code }: Built,
  event: unknown = {},
  environment: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const { runner } = code;
  if (runner.kind !== 'node') throw new Error(`${code.functionName} is no Node function`);
  // A thread inherits the options of its process, of which `--input-type` would stop it.
  const script = `(async () => {
    const module = await import(${JSON.stringify(pathToFileURL(runner.moduleFile).href)});
    const handler = module[${JSON.stringify(runner.exportPath)}] ?? module.default[${JSON.stringify(runner.exportPath)}];
    try {
      console.log = () => {};
      process.stdout.write(JSON.stringify({ answer: await handler(${JSON.stringify(event)}) ?? null }));
    } catch (error) {
      process.stdout.write(JSON.stringify({ answer: error.stack }));
    }
  })()`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--enable-source-maps', '--eval', script], {
    cwd: code.taskRoot,
    env: { ...process.env, ...environment },
  });
  return (JSON.parse(stdout) as { answer: unknown }).answer;
}
