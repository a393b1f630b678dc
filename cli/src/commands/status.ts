// `livectl status`: the flags; stage-status.ts does the work.
import { Command, Option, UsageError } from 'clipanion';
import { LivectlCommand } from './livectl-command.ts';

export class StatusCommand extends LivectlCommand {
  static override paths = [['status']];

  static override usage = Command.Usage({
    description: 'Say who serves a stage, since when, and whether its relay can be reached',
    details: `
      Reads the stage's table and opens a connection to its relay; changes nothing. Exit code 0 when somebody serves
      and the relay answers, 1 otherwise.
    `,
    examples: [
      ['Who serves dev-tom?', 'livectl status --stage dev-tom'],
      ['The same for a script', 'livectl status --stage dev-tom --format json'],
    ],
  });

  stage = Option.String('--stage', { required: true, description: 'The stage: the module’s `stage`' });
  stageName = Option.String('--name', 'live-debug', {
    description: 'Prefix of the stage’s table: the module’s `name`',
  });
  profile = Option.String('--profile', { description: 'AWS profile; default AWS_PROFILE' });
  region = Option.String('--region', { description: 'AWS Region; default AWS_REGION or the profile’s' });
  format = Option.String('--format', 'pretty', { description: 'pretty, or json: one object' });
  verbose = Option.Boolean('--verbose', false, { description: 'Also show stack traces of livectl' });

  async run(): Promise<number> {
    const { format, profile, region, stage, stageName: name, verbose } = this;
    if (format !== 'pretty' && format !== 'json')
      throw new UsageError(`--format is pretty or json, not ${format}`);
    const { showStatus } = await import('./stage-status.ts');
    return showStatus({ stage, name, profile, region, format, verbose });
  }
}
