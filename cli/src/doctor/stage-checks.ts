// Checks a stage on AWS: its table, and who serves it.
import { resolve } from 'node:path';
import { systemClock } from '../../../protocol/clock.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { within } from '../../../protocol/within.ts';
import { howToSignIn } from '../aws/sign-in.ts';
import type { Stage, StageOptions } from '../aws/stage.ts';
import { closest } from '../manifest/did-you-mean.ts';
import { stagesInFiles } from '../manifest/stages-in-files.ts';
import { type Check, fail, needed, pass, some, warn } from './check.ts';
import type { StageParts } from './stage-parts.ts';

/** `root` is the folder whose Terraform files may name the stage that was meant. */
export function tableCheck({ manifest, stage }: StageParts, options: StageOptions, root: string): Check {
  return {
    name: 'table',
    group: 'Stage',
    late: 'fail',
    lateRemedy: 'check the network and HTTPS_PROXY; dynamodb must be reachable',
    run: async (report) => {
      const opened = await needed(stage(), 'credentials');
      const { tableName } = opened.context;
      try {
        const { functions, isOfModule01 } = await manifest();
        const names = some(functions.map(({ name }) => name));
        if (isOfModule01)
          report(
            warn(
              'table',
              `${tableName} was written by version 0.1 of the module`,
              'update the module and apply',
            ),
          );
        else
          report(pass('table', `${tableName} has the manifest of ${names === '' ? 'no functions' : names}`));
      } catch (error) {
        // With the developer policy of another stage, AWS refuses rather than saying that there is no such table.
        const mayBeTypo =
          error instanceof LiveDebugError && (error.code === 'LD_STAGE' || error.code === 'LD_PERMISSION');
        if (error instanceof LiveDebugError && error.code === 'LD_CREDENTIALS')
          return report(fail('table', error.message, await remedyOf(error, options.profile)));
        if (!mayBeTypo) throw error;
        const listed = await within(systemClock, listBoundMs, stagesOf(opened, options.name), {
          background: true,
        });
        const here = listed ?? stagesInFiles(resolve(root));
        const others = [...new Set(here)].filter((each) => each !== options.stage);
        const meant = closest(options.stage, others);
        const where = listed ? 'in this account' : 'in the Terraform files here';
        const words =
          meant !== undefined
            ? `; did you mean --stage ${meant}?`
            : others.length > 0
              ? `; stages ${where}: ${some(others, 8)}`
              : '';
        const remedy = error.remedy ?? 'check --stage, --name, --region and --profile';
        report(
          fail('table', `${error.message}${words}`, meant ? `pass --stage ${meant}, or ${remedy}` : remedy),
        );
      }
    },
  };
}

/** Keys of another Region's emulator, or of a Region that the account has not enabled, are refused as well. */
async function remedyOf(error: LiveDebugError, profile: string | undefined): Promise<string> {
  if (/valid region/i.test(error.message)) return 'correct --region or AWS_REGION';
  return howToSignIn(profile);
}

const listBoundMs = 700;

/** Stages with a table of that prefix; undefined if listing is refused, as it is with the developer policy alone. */
async function stagesOf({ directory }: Stage, name: string): Promise<string[] | undefined> {
  try {
    const answer = await directory.call('ListTables', {
      TableName: undefined,
      ExclusiveStartTableName: `${name}-`,
      Limit: 100,
    });
    const { TableNames: names } = answer as { readonly TableNames?: unknown };
    if (!Array.isArray(names)) return undefined;
    const prefix = `${name}-`;
    return names
      .filter((table) => typeof table === 'string' && table.startsWith(prefix))
      .map((table: string) => table.slice(prefix.length));
  } catch {
    return undefined;
  }
}

/** Who serves now. */
export function clientsCheck({ manifest, stage }: StageParts): Check {
  return {
    name: 'clients',
    group: 'Stage',
    lateRemedy: 'run livectl status',
    run: async (report) => {
      const { context, directory } = await needed(stage(), 'credentials');
      await needed(manifest(), 'table');
      const clients = await needed(directory.clients(context.stage), 'permission/dynamodb:Query');
      const live = clients.filter(({ expiresAt }) => expiresAt * 1000 > systemClock.now());
      if (live.length === 0) return report(pass('clients', 'nobody serves the stage'));
      const many = live.length === 1 ? 'one livectl serves' : `${live.length} livectls serve`;
      report(pass('clients', `${many} the stage`));
    },
  };
}
