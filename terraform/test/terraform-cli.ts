// Runs the real terraform in temporary copies of the tree.
import { execFile, spawnSync } from 'node:child_process';
import { accessSync, constants, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const moduleFolder = 'terraform/modules/live-debug';
export const clientVpnFolder = `${moduleFolder}/modules/client-vpn`;

/** A bound for one command; alone on the machine the longest takes a minute. */
const commandBoundMs = 480_000;

/** For tests of several commands, in milliseconds. */
export const testBoundMs = 600_000;

/** Why these tests can't run here, or undefined. Under CI a missing tool is a failure, so it throws. */
export function missingTool(...programs: readonly string[]): string | undefined {
  const missing = programs.filter((program) => !isOnPath(program));
  if (process.env.CI === 'true') {
    if (missing.length > 0) throw new Error(`not on the PATH: ${missing.join(', ')}`);
    // Without the provider the tests' own init fails.
    return undefined;
  }
  const reason =
    missing.length > 0
      ? `not on the PATH: ${missing.join(', ')}`
      : programs.includes('terraform')
        ? missingProvider()
        : undefined;
  if (reason !== undefined) process.stdout.write(`skipped: ${reason}\n`);
  return reason;
}

/** Looked up, not started: moto_server takes a second for its help. */
function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Why terraform can't install the real provider here: behind a closed network it takes a mirror. */
function missingProvider(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'live-debug-provider-'));
  try {
    cpSync(join(repository, moduleFolder, 'versions.tf'), join(folder, 'versions.tf'));
    const options = { cwd: folder, encoding: 'utf8', timeout: commandBoundMs } as const;
    const { status, stderr } = spawnSync('terraform', ['init', '-input=false', '-no-color'], options);
    if (status === 0) return undefined;
    const words = stderr.replace(/\s+/g, ' ').trim().slice(0, 300);
    return `terraform can't install hashicorp/aws; TF_CLI_CONFIG_FILE may name a mirror: ${words}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  /** Both streams, as a reader of the terminal sees them. */
  readonly output: string;
}

/** A temporary copy of some folders of the repository, at the same places below a root of its own. */
export class Workspace {
  readonly root = mkdtempSync(join(tmpdir(), 'live-debug-terraform-'));
  #environment: Readonly<Record<string, string>>;

  /** `environment` is added to the process's own, of which nothing AWS remains. */
  constructor(folders: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.#environment = environment;
    for (const folder of folders) {
      mkdirSync(dirname(this.path(folder)), { recursive: true });
      cpSync(join(repository, folder), this.path(folder), { recursive: true, filter: isSource });
    }
    if (!existsSync(join(repository, moduleFolder, 'dist/stub.zip'))) {
      throw new Error(`${moduleFolder}/dist/stub.zip is missing: run make build`);
    }
  }

  path(folder: string): string {
    return join(this.root, folder);
  }

  /** For the commands from now on. */
  add(environment: Readonly<Record<string, string>>): void {
    this.#environment = { ...this.#environment, ...environment };
  }

  /** Runs one command in a folder of the copy. Rejects when it can't be run or takes too long, not when it fails. */
  terraform(folder: string, ...args: readonly string[]): Promise<CommandResult> {
    return terraformIn(this.path(folder), args, this.#environment);
  }

  /** As `terraform`, for commands that must succeed. */
  async succeed(folder: string, ...args: readonly string[]): Promise<string> {
    const { code, stdout, output } = await this.terraform(folder, ...args);
    if (code !== 0)
      throw new Error(`terraform ${args.join(' ')} in ${folder} exits with ${code}:\n${output}`);
    return stdout;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/**
 * Runs one command in any folder. Rejects when it can't be run or takes too long, not when it fails.
 * `environment` is added to the process's own, of which nothing AWS remains.
 */
export function terraformIn(
  cwd: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const env = {
    ...inheritedEnvironment(),
    ...environment,
    TF_IN_AUTOMATION: '1',
    TF_INPUT: '0',
    TF_CLI_ARGS: '-no-color',
    CHECKPOINT_DISABLE: '1',
    // Every command reads the provider's schema anew: fewer collections of that garbage save a third of its time.
    GOGC: '400',
  };
  const options = { cwd, env, timeout: commandBoundMs, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    execFile('terraform', args, options, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') {
        reject(new Error(`terraform ${args[0]} in ${cwd}: ${error.message}\n${stdout}${stderr}`));
      } else resolve({ code: Number(error?.code ?? 0), stdout, output: stdout + stderr });
    });
  });
}

/** The process's own, of which nothing AWS remains. */
export function inheritedEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS|TF_VAR)_/.test(name));
  return Object.fromEntries(inherited);
}

function isSource(path: string): boolean {
  const name = basename(path);
  const made = ['.terraform', '.terraform.lock.hcl', 'node_modules', 'cdktf.out'];
  return !made.includes(name) && !/\.tfstate(\.|$)/.test(name);
}
