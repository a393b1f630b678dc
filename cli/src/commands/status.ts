// `livectl status`: its flags; status/stage-status.ts does the work.
import { Command, Option, UsageError } from 'clipanion';
import type { OutputFormat } from '../log/output.ts';
import { describeFlag } from './flag-help.ts';
import { LivectlCommand, outputFlags } from './livectl-command.ts';
import { parseStage, placeFlags } from './place-command.ts';

export class StatusCommand extends LivectlCommand {
  static override paths = [['status']];

  static override usage = Command.Usage({
    description: 'Show who serves a stage and what is deployed',
    details: `
      Reads the stage's table and its functions' configurations and opens a connection to its relay. Nothing is changed. The exit
      code is 0 if somebody serves, the relay answers and every function is a stub of the stage or wrapped for it, otherwise 1.

      With --function-name instead of --stage it shows whether a function is a stub, for example one left behind by a deleted
      stage. The exit code is 0 if it runs its own package, otherwise 1.
    `,
    examples: [
      ['Who serves dev-tom?', 'livectl status --stage dev-tom'],
      ['The same for a script', 'livectl status --stage dev-tom --format json'],
      ['Is there a stub where there should be none?', 'livectl status --function-name orders-dev'],
    ],
  });

  stage = placeFlags.stage();
  functionNames = Option.Array('--function-name', {
    description: describeFlag('Where', 'NAME', 'Name of a function on AWS, instead of a stage; repeatable'),
  });
  stageName = placeFlags.stageName();
  profile = placeFlags.profile();
  region = placeFlags.region();
  format = outputFlags.format('one object');
  verbose = outputFlags.verbose();

  async run(format: OutputFormat): Promise<number> {
    const { functionNames, profile, region, stage } = this;
    if ((stage === undefined) === (functionNames === undefined))
      throw new UsageError('pass either --stage NAME or --function-name NAME');
    const { showFunctionStatus, showStatus } = await import('../status/stage-status.ts');
    if (stage === undefined)
      return showFunctionStatus({ functionNames: functionNames ?? [], profile, region, format });
    return showStatus({ ...parseStage(this), format });
  }
}
