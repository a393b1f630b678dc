// `livectl invoke`: its flags; trigger/run-invoke.ts does the work.
import { Command, Option } from 'clipanion';
import type { OutputFormat } from '../log/output.ts';
import { describeFlag } from './flag-help.ts';
import { outputFlags } from './livectl-command.ts';
import { PlaceCommand } from './place-command.ts';

export class InvokeCommand extends PlaceCommand {
  static override paths = [['invoke']];

  static override usage = Command.Usage({
    description: 'Run a function with one event and print its result',
    details: `
      Invokes the function through Lambda as \`aws lambda invoke\` does: on AWS with \`--stage\`, or beside a running
      \`livectl serve --local\` with \`--local\`. The result goes to stdout exactly as the function gave it, the log and
      an error to stderr; the log is that of a \`livectl serve\` on this machine.

      The event is a file's name, JSON text, or \`-\` for stdin.

      \`--deployed\` runs the deployed code, even while somebody serves the function: a wrapped function's own, or for a replaced
      function that of its \`fallback_arn\`.

      The exit code is 1 if the function failed, 2 if the command or its configuration is invalid.
    `,
    examples: [
      ['Invoke a function of the local cloud', 'livectl invoke hello --local'],
      ['With an event from a file', 'livectl invoke hello --local --event events/order.json'],
      [
        'The stage’s function on AWS, with an event on the line',
        'livectl invoke hello --stage dev-tom --event \'{"id":"1"}\'',
      ],
      [
        'What the deployed code answers, while somebody serves',
        'livectl invoke hello --stage dev-tom --deployed',
      ],
      ['The result for another program', 'livectl invoke hello --local --event - < order.json | jq .total'],
    ],
  });

  event = Option.String('--event', '{}', {
    description: describeFlag(
      'Invocation',
      'FILE',
      'The event: a file, JSON text, or - for stdin; default {}',
    ),
  });
  qualifier = Option.String('--qualifier', {
    description: describeFlag(
      'Invocation',
      'VERSION',
      'A version or alias, or $LATEST; a durable function requires one',
    ),
  });
  deployed = Option.Boolean('--deployed', false, {
    description: describeFlag('Invocation', 'Run the deployed code, even while somebody serves the function'),
  });
  format = outputFlags.format('one object');
  verbose = outputFlags.verbose();
  functionName = Option.String({ name: 'function' });

  async run(format: OutputFormat): Promise<number> {
    const { deployed, event, functionName, qualifier } = this;
    const options = { place: this.parsePlace(), functionName, qualifier, event, deployed, format };
    const { runInvoke } = await import('../trigger/run-invoke.ts');
    return runInvoke(options);
  }
}
