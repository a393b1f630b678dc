// hashicorp/aws as one process for all commands of a test: by itself Terraform starts the provider anew for each of them and
// verifies its 700 MB, which is half of what a plan costs. Only for roots with one configuration of the provider.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inheritedEnvironment } from './terraform-cli.ts';

const startBoundMs = 120_000;

export class Provider {
  /** Has terraform use it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, reattach: string) {
    this.#process = process;
    this.environment = { TF_REATTACH_PROVIDERS: reattach };
  }

  /** Starts what `terraform init` has installed for `folder`. */
  static async start(folder: string, environment: Readonly<Record<string, string>>): Promise<Provider> {
    const child = spawn(installedIn(folder), ['-debug'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
      // Its socket goes where the test's files are.
      env: { ...inheritedEnvironment(), ...environment, GOGC: '400', TMPDIR: folder },
    });
    const bound = setTimeout(() => child.kill('SIGKILL'), startBoundMs);
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        const reattach = /TF_REATTACH_PROVIDERS='(.*)'/.exec(line)?.[1];
        if (reattach === undefined) continue;
        child.stdout.resume();
        return new Provider(child, reattach);
      }
    } finally {
      clearTimeout(bound);
    }
    throw new Error('the provider did not start');
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }
}

/** `<version>/<platform>/terraform-provider-aws_v...` below the folder of the provider. */
function installedIn(folder: string): string {
  let path = join(folder, '.terraform/providers/registry.terraform.io/hashicorp/aws');
  for (const name of [/^\d/, /_/, /^terraform-provider-aws_/]) {
    const found = readdirSync(path).find((one) => name.test(one));
    if (found === undefined) throw new Error(`terraform init has installed no hashicorp/aws in ${path}`);
    path = join(path, found);
  }
  return path;
}
