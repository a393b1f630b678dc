// The two CDKTF projects of the tests, each with livectl as npm would install it: packed, so that a file missing from the
// package is missing in the test.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repository, Workspace } from '../../test/terraform-cli.ts';

const commandBoundMs = 120_000;
const packages = join(repository, 'node_modules');
const tsc = join(packages, 'typescript/bin/tsc');

/** Runs a script of Node's, or a program, to its end; the error has all it said. Resolves with its standard output. */
function run(
  program: string,
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const options = { cwd, env: { ...process.env, ...environment }, timeout: commandBoundMs };
  return new Promise((resolve, reject) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stdout}${stderr}`));
      else resolve(stdout);
    });
  });
}

/** Puts livectl into the node_modules of a project, beside links to packages from elsewhere. */
async function install(project: string, from: string, names: readonly string[]): Promise<void> {
  const target = join(project, 'node_modules');
  mkdirSync(join(target, 'livectl'), { recursive: true });
  const archive = (await run('npm', ['pack', '--silent', '--pack-destination', target], repository)).trim();
  await run('tar', ['-xzf', archive, '-C', 'livectl', '--strip-components=1'], target);
  for (const name of names) {
    mkdirSync(dirname(join(target, name)), { recursive: true });
    symlinkSync(join(from, name), join(target, name));
  }
}

export type Library = 'cdktf' | 'cdktn';
type Block = Readonly<Record<string, unknown>>;

/** What the tests read of a synthesized stack. */
export interface SynthesizedStack {
  readonly module: Readonly<Record<string, Block>>;
  readonly output: Readonly<Record<string, Block>>;
}

/** test/fixtures/stages.mts, with one of the libraries in reach and not the other. */
export class StagesProject {
  readonly workspace: Workspace;
  readonly #library: Library;
  readonly #folder = 'terraform/cdktf/test/fixtures';

  constructor(library: Library, environment: Readonly<Record<string, string>> = {}) {
    this.#library = library;
    this.workspace = new Workspace([this.#folder], environment);
  }

  /** Compiles it, which checks the types, and runs it. */
  async synthesize(): Promise<void> {
    const project = this.workspace.path(this.#folder);
    await install(project, packages, [this.#library, 'constructs']);
    const source = join(project, 'stages.mts');
    writeFileSync(source, readFileSync(source, 'utf8').replaceAll(/cdktf'/g, `${this.#library}'`));
    const options = ['--strict', '--exactOptionalPropertyTypes', '--types', '', '--module', 'nodenext'];
    await run(process.execPath, [tsc, ...options, 'stages.mts'], project);
    await run(process.execPath, ['stages.mjs'], project);
  }

  /** Of the workspace, for terraform. */
  stackFolder(name: string): string {
    return join(this.#folder, 'synthesized/stacks', name);
  }

  stack(name: string): SynthesizedStack {
    const file = join(this.workspace.path(this.stackFolder(name)), 'cdk.tf.json');
    return JSON.parse(readFileSync(file, 'utf8'));
  }
}

const example = 'examples/cdktf';
const examplePackages = join(repository, example, 'node_modules');

/**
 * Why examples/cdktf can't run here, or undefined; under CI it throws. Its packages take 400 MB, so that only CI installs
 * them with everything else.
 */
export function missingExamplePackages(): string | undefined {
  if (existsSync(join(examplePackages, '@cdktf/provider-aws'))) return undefined;
  const reason = `run npm ci --prefix ${example} first`;
  if (process.env.CI === 'true') throw new Error(reason);
  process.stdout.write(`skipped: ${reason}\n`);
  return reason;
}

/** examples/cdktf with the bindings of the real provider. */
export class ExampleProject {
  readonly workspace: Workspace;
  readonly stackFolder = join(example, 'cdktf.out/stacks/orders');
  readonly #project: string;

  constructor(environment: Readonly<Record<string, string>> = {}) {
    this.workspace = new Workspace([example], environment);
    this.#project = this.workspace.path(example);
  }

  install(): Promise<void> {
    const names = ['@cdktf', '@types', 'cdktf', 'constructs', 'undici-types'];
    return install(this.#project, examplePackages, names);
  }

  async checkTypes(...options: readonly string[]): Promise<void> {
    const tscOfExample = join(examplePackages, 'typescript/bin/tsc');
    await run(process.execPath, [tscOfExample, '--noEmit', ...options], this.#project);
  }

  async synthesize(live: boolean): Promise<void> {
    const tsx = join(examplePackages, 'tsx/dist/cli.mjs');
    const environment = { LIVE: String(live), STAGE: 'dev' };
    await run(process.execPath, [tsx, 'main.ts'], this.#project, environment);
  }
}
