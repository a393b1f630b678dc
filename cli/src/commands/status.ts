// `livectl status`: its flags; status/stage-status.ts does the work.
import { Command, Option, UsageError } from 'clipanion';
import type { OutputFormat } from '../log/output.ts';
import { LivectlCommand, outputFlags } from './livectl-command.ts';
import { parseStage, placeFlags } from './place-command.ts';

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

  stage = placeFlags.stage();
  functionNames = Option.Array('--function-name', {
    description: 'Name of a function on AWS, in place of a stage; may be repeated',
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
