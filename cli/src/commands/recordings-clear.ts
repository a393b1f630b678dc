// `livectl recordings clear`: its flags; replay/clear-recordings.ts does the work.
import { Command, Option } from 'clipanion';
import type { OutputFormat } from '../log/output.ts';
import { describeFlag } from './flag-help.ts';
import { LivectlCommand, outputFlags } from './livectl-command.ts';
import { placeFlags } from './place-command.ts';

export class RecordingsClearCommand extends LivectlCommand {
  static override paths = [['recordings', 'clear']];

  static override usage = Command.Usage({
    description: 'Remove recordings from disk',
    details: `
      Removes all recordings of the folder, or those of one function. A terminal is asked first; elsewhere \`--yes\` is required.
      A running \`livectl serve\` still shows what it has in memory, until it ends.
    `,
    examples: [
      ['All of them', 'livectl recordings clear'],
      ['Those of one function, without a question', 'livectl recordings clear --function orders --yes'],
    ],
  });

  functionName = Option.String('--function', {
    description: describeFlag('Recordings', 'NAME', 'Only those of this function'),
  });
  yes = Option.Boolean('--yes', false, { description: describeFlag('Output', 'Do not ask') });
  root = placeFlags.root();
  format = outputFlags.format('one object');
  verbose = outputFlags.verbose();

  async run(format: OutputFormat): Promise<number> {
    const { functionName, root, yes } = this;
    const { clearRecordings } = await import('../replay/clear-recordings.ts');
    return clearRecordings({ functionName, yes, root, format });
  }
}
