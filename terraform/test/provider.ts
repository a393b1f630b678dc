// hashicorp/aws as one process for all commands of a test: by itself Terraform starts the provider anew for each of them and
// verifies its 700 MB, which is half of what a plan costs, and most of the other half is its schema. Only for roots with one
// configuration of the provider.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ShortSchema } from './short-schema.ts';
import { inheritedEnvironment, type Workspace } from './terraform-cli.ts';

const startBoundMs = 120_000;

export class Provider {
  /** Has terraform use it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #process: ChildProcess;
  readonly #schema: ShortSchema;

  private constructor(process: ChildProcess, reattach: string, schema: ShortSchema) {
    this.#process = process;
    this.#schema = schema;
    this.environment = { TF_REATTACH_PROVIDERS: reattach };
  }

  /** Starts what `terraform init` has installed for a folder of the workspace. */
  static async start(
    workspace: Workspace,
    folder: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Provider> {
    // The same for each workspace: init leaves a link to where the provider is kept.
    const program = realpathSync(installedIn(workspace.path(folder)));
    const child = spawn(program, ['-debug'], {
      cwd: workspace.path(folder),
      stdio: ['ignore', 'pipe', 'ignore'],
      env: {
        ...inheritedEnvironment(),
        ...environment,
        GOGC: '400',
        // Its socket goes where the test's files are.
        TMPDIR: workspace.root,
        // With -debug it writes every step of every call.
        TF_LOG_SDK: 'off',
        TF_LOG_PROVIDER: 'off',
      },
    });
    const bound = setTimeout(() => child.kill('SIGKILL'), startBoundMs);
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        const reattach = /TF_REATTACH_PROVIDERS='(.*)'/.exec(line)?.[1];
        if (reattach === undefined) continue;
        child.stdout.resume();
        const provider = /"String":"([^"]+)"/.exec(reattach)?.[1] ?? '';
        const socket = `${provider}-short`;
        const schema = await ShortSchema.listen(socket, { root: workspace.root, program, provider });
        return new Provider(child, reattach.replace(provider, socket), schema);
      }
    } finally {
      clearTimeout(bound);
    }
    throw new Error('the provider did not start');
  }

  async stop(): Promise<void> {
    this.#schema.close();
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
