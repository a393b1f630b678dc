// `livectl doctor`: its flags; doctor/run-doctor.ts does the work.
import { Command, Option } from 'clipanion';
import type { OutputFormat } from '../log/output.ts';
import { describeFlag } from './flag-help.ts';
import { wholeNumber } from './flag-values.ts';
import { outputFlags } from './livectl-command.ts';
import { PlaceCommand } from './place-command.ts';

export class DoctorCommand extends PlaceCommand {
  static override paths = [['doctor']];

  static override usage = Command.Usage({
    description: 'Check this machine, the project and a stage on AWS',
    details: `
      Every check passes, warns or fails, with what to do about it. The exit code is 1 if one fails. All run at once and take 3 seconds
      at most; what does not answer in time is a warning or a failure. Nothing is changed: permissions are tried by calls that cannot
      have an effect.
    `,
    examples: [
      ['This machine and the project in the current folder', 'livectl doctor --local'],
      [
        'Also a stage: credentials, permissions, table, relay, what is deployed',
        'livectl doctor --stage dev-tom',
      ],
      ['For a script, one JSON object a line', 'livectl doctor --local --format json'],
    ],
  });

  port = Option.String('--port', '3000', {
    description: describeFlag('Checks', 'PORT', 'With --local: the port that serve would take; default 3000'),
  });
  timeout = Option.String('--timeout', '2', {
    description: describeFlag('Checks', 'SECONDS', 'How many seconds each check may take; default 2'),
  });
  format = outputFlags.format('one object a line');
  verbose = outputFlags.verbose();

  async run(format: OutputFormat): Promise<number> {
    const port = wholeNumber('--port', this.port, 0, 65_535);
    const boundMs = wholeNumber('--timeout', this.timeout, 1, 60) * 1000;
    const { config, local, profile, region, root, stage, stageName: name } = this;
    // Alone it checks what can be checked without a stage.
    const place = stage === undefined && !local ? undefined : this.parsePlace();
    const account = place === undefined ? { name, profile, region } : undefined;
    const { runDoctor } = await import('../doctor/run-doctor.ts');
    return runDoctor({
      root,
      config,
      stage: place?.kind === 'stage' ? place : undefined,
      account,
      port,
      boundMs,
      format,
    });
  }
}
