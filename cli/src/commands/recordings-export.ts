// `livectl recordings export`: its flags; replay/export-recording.ts does the work.
import { Command, Option, UsageError } from 'clipanion';
import type { OutputFormat } from '../log/output.ts';
import { exportForms } from '../recordings/export-form.ts';
import { describeFlag } from './flag-help.ts';
import { LivectlCommand, outputFlags } from './livectl-command.ts';
import { placeFlags } from './place-command.ts';

export class RecordingsExportCommand extends LivectlCommand {
  static override paths = [['recordings', 'export']];

  static override usage = Command.Usage({
    description: 'Write a recording as an event, a command or a test',
    details: `
      \`--as event\` is the event's JSON, \`curl\` the HTTP request, \`invoke\` a \`livectl invoke\`, \`vitest\` and \`pytest\` a test that
      gives the event to the handler and expects the recorded answer. Masked values stay masked. ID is that of \`livectl replay\`.
    `,
    examples: [
      ['An event file for livectl invoke', 'livectl recordings export last --output events/order.json'],
      [
        'A test of what was answered',
        'livectl recordings export last --as vitest --output test/order.test.mjs',
      ],
      ['The request again', 'livectl recordings export last --as curl | sh'],
    ],
  });

  as = Option.String('--as', 'event', {
    description: describeFlag('Output', 'FORM', `${exportForms.join(', ')}; default event`),
  });
  output = Option.String('--output', {
    description: describeFlag('Output', 'FILE', 'A file; default stdout'),
  });
  force = Option.Boolean('--force', false, {
    description: describeFlag('Output', 'Replace the file if it exists'),
  });
  root = placeFlags.root();
  config = placeFlags.config();
  format = outputFlags.format('one object');
  verbose = outputFlags.verbose();
  recording = Option.String({ name: 'ID' });

  async run(format: OutputFormat): Promise<number> {
    const as = exportForms.find((each) => each === this.as);
    if (as === undefined)
      throw new UsageError(`--as must be one of ${exportForms.join(', ')}, not ${this.as}`);
    const { config, force, output, recording: id, root } = this;
    const { exportRecording } = await import('../replay/export-recording.ts');
    return exportRecording({ id, as, output, force, root, config, format });
  }
}
