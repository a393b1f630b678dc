// `livectl status`: its flags; status/stage-status.ts does the work.
import { Command, Option, UsageError } from 'clipanion';
import { LivectlCommand } from './livectl-command.ts';

export class StatusCommand extends LivectlCommand {
  static override paths = [['status']];

  static override usage = Command.Usage({
    description: 'Say who serves a stage, whether its relay can be reached, and what is deployed',
    details: `
      Reads the stage's table and its functions' configurations and opens a connection to its relay; changes nothing. Exit code 0
      when somebody serves, the relay answers and every function is a stub of the stage or wrapped for it, 1 otherwise.

      With --function-name instead of --stage it says whether a function is a stub, for instance one left behind by a stage that
      is gone. Exit code 0 when it runs its own package, 1 otherwise.
    `,
    examples: [
      ['Who serves dev-tom?', 'livectl status --stage dev-tom'],
      ['The same for a script', 'livectl status --stage dev-tom --format json'],
      ['Is there a stub where there should be none?', 'livectl status --function-name orders-dev'],
    ],
  });

  stage = Option.String('--stage', { description: 'The stage: the module’s `stage`' });
  functionNames = Option.Array('--function-name', {
    description: 'Name of a function on AWS, in place of a stage; may be repeated',
  });
  stageName = Option.String('--name', 'live-debug', {
    description: 'Prefix of the stage’s table: the module’s `name`',
  });
  profile = Option.String('--profile', { description: 'AWS profile; default AWS_PROFILE' });
  region = Option.String('--region', { description: 'AWS Region; default AWS_REGION or the profile’s' });
  format = Option.String('--format', 'pretty', { description: 'pretty, or json: one object' });
  verbose = Option.Boolean('--verbose', false, { description: 'Also show stack traces of livectl' });

  async run(): Promise<number> {
    const { format, functionNames, profile, region, stage, stageName: name, verbose } = this;
    if (format !== 'pretty' && format !== 'json')
      throw new UsageError(`--format is pretty or json, not ${format}`);
    if ((stage === undefined) === (functionNames === undefined))
      throw new UsageError('pass either --stage NAME or --function-name NAME');
    const { showFunctionStatus, showStatus } = await import('../status/stage-status.ts');
    if (stage === undefined)
      return showFunctionStatus({ functionNames: functionNames ?? [], profile, region, format, verbose });
    return showStatus({ stage, name, profile, region, format, verbose });
  }
}
