// An emulated account and a root module to apply to it.
import { expect, type TestContext } from 'vitest';
import { readStageManifest, type StageManifest } from '../../cli/src/manifest/stage-manifest.ts';
import { systemClock } from '../../protocol/clock.ts';
import { Directory, type Item } from '../../protocol/directory.ts';
import { HttpClient } from '../../protocol/http-client.ts';
import { Moto } from './moto.ts';
import { Provider } from './provider.ts';
import { moduleFolder, Workspace } from './terraform-cli.ts';

/** An account, a copy of one folder, and the commands to run there; removed with the test. `copied` is a folder that `root` is in. */
export async function start(root: string, { onTestFinished }: TestContext, copied = root) {
  const moto = await Moto.start();
  onTestFinished(() => moto.stop());
  const workspace = new Workspace([moduleFolder, copied], moto.environment);
  onTestFinished(() => workspace.remove());
  await workspace.succeed(root, 'init');
  const provider = await Provider.start(workspace, root, moto.environment);
  onTestFinished(() => provider.stop());
  workspace.add(provider.environment);
  return {
    moto,
    workspace,
    apply: (...args: readonly string[]) => workspace.succeed(root, 'apply', '-auto-approve', ...args),
    /** The words of a command as a reader types them, without the question that apply and destroy ask. */
    run: ([command = '', ...args]: readonly string[]) =>
      workspace.succeed(root, command, '-auto-approve', ...args),
    /** As `run`, and returns the order of Terraform's actions. */
    steps: async ([command = '', ...args]: readonly string[]) =>
      stepsOf(await workspace.succeed(root, command, '-auto-approve', '-json', ...args)),
    outputs: async () => JSON.parse(await workspace.succeed(root, 'output', '-json')),
    async expectEmptyPlan(...args: readonly string[]): Promise<void> {
      const { code, output } = await workspace.terraform(root, 'plan', '-detailed-exitcode', ...args);
      expect(output).toContain('No changes.');
      expect(code).toBe(0);
    },
    destroy: (...args: readonly string[]) => workspace.succeed(root, 'destroy', '-auto-approve', ...args),
  };
}

/** A moment of an apply, e.g. `update aws_lambda_function.orders: start`. */
export interface ApplyStep {
  readonly at: 'start' | 'complete' | 'errored';
  readonly action: string;
  readonly address: string;
}

/** The steps in the log of `apply -json`, in their order. */
export function stepsOf(log: string): ApplyStep[] {
  return log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .flatMap((line) => {
      const { type, hook } = JSON.parse(line);
      const at = /^apply_(start|complete|errored)$/.exec(type)?.[1];
      return at === undefined ? [] : [{ at, action: hook.action, address: hook.resource.addr } as ApplyStep];
    });
}

/** The index of a step; throws if there is none. */
export function stepIndex(steps: readonly ApplyStep[], wanted: ApplyStep): number {
  const index = steps.findIndex(
    ({ at, action, address }) => at === wanted.at && action === wanted.action && address === wanted.address,
  );
  if (index < 0) throw new Error(`no ${wanted.action} ${wanted.address}: ${wanted.at} in the apply`);
  return index;
}

/** As `livectl serve --stage` reads it. */
export function readManifest(moto: Moto, stage: string): Promise<StageManifest> {
  return inDirectory(moto, stage, (directory) =>
    readStageManifest(directory, stage, undefined, { region: 'any', isEmulated: true }),
  );
}

/** An item of a stage's table by its key: DynamoDB's answer to GetItem. */
export function readItem(moto: Moto, stage: string, key: Item): Promise<unknown> {
  return inDirectory(moto, stage, (directory) => directory.call('GetItem', { Key: key }));
}

async function inDirectory<T>(
  { environment }: Moto,
  stage: string,
  read: (directory: Directory) => Promise<T>,
): Promise<T> {
  const http = new HttpClient();
  try {
    const directory = new Directory({
      endpoint: environment.AWS_ENDPOINT_URL ?? '',
      region: 'eu-west-1',
      tableName: `live-debug-${stage}`,
      http,
      credentials: () => ({ accessKeyId: 'test', secretAccessKey: 'test' }),
      clock: systemClock,
    });
    return await read(directory);
  } finally {
    http.close();
  }
}
