// An emulated account and a root module to apply to it.
import { expect, type TestContext } from 'vitest';
import { readStageManifest, type StageManifest } from '../../cli/src/manifest/stage-manifest.ts';
import { systemClock } from '../../protocol/clock.ts';
import { Directory, type Item } from '../../protocol/directory.ts';
import { HttpClient } from '../../protocol/http-client.ts';
import { Moto } from './moto.ts';
import { moduleFolder, Workspace } from './terraform-cli.ts';

/** An account, a copy of one folder, and the commands to run there; gone when the test is. */
export async function start(root: string, { onTestFinished }: TestContext) {
  const moto = await Moto.start();
  onTestFinished(() => moto.stop());
  const workspace = new Workspace([moduleFolder, root], moto.environment);
  onTestFinished(() => workspace.remove());
  await workspace.succeed(root, 'init');
  return {
    moto,
    workspace,
    apply: (...args: readonly string[]) => workspace.succeed(root, 'apply', '-auto-approve', ...args),
    /** The words of a command as a reader types them, without the question that apply and destroy ask. */
    run: ([command = '', ...args]: readonly string[]) =>
      workspace.succeed(root, command, '-auto-approve', ...args),
    outputs: async () => JSON.parse(await workspace.succeed(root, 'output', '-json')),
    async expectEmptyPlan(...args: readonly string[]): Promise<void> {
      const { code, output } = await workspace.terraform(root, 'plan', '-detailed-exitcode', ...args);
      expect(output).toContain('No changes.');
      expect(code).toBe(0);
    },
    destroy: (...args: readonly string[]) => workspace.succeed(root, 'destroy', '-auto-approve', ...args),
  };
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
