// `livectl recordings`: its flags; replay/list-recordings.ts does the work.
import { Command, Option, UsageError } from 'clipanion';
import type { OutputFormat } from '../log/output.ts';
import { describeFlag } from './flag-help.ts';
import { sinceTime, wholeNumber } from './flag-values.ts';
import { LivectlCommand, outputFlags } from './livectl-command.ts';
import { placeFlags } from './place-command.ts';

const statuses = ['ok', 'error', 'running'] as const;

export class RecordingsCommand extends LivectlCommand {
  static override paths = [['recordings'], ['recordings', 'list']];

  static override usage = Command.Usage({
    description: 'List what livectl serve has recorded',
    details: `
      \`livectl serve\` records each invocation in \`.livectl/recordings\` of the project: event, answer, log and times, with values
      that look like secrets masked. This lists them, newest first; \`livectl replay\` runs one again.

      \`--text\` finds a text in ids, function, trigger and error. \`--since\` takes a time (2026-11-27T09:00) or an age (30m, 2h, 7d).
    `,
    examples: [
      ['What came in', 'livectl recordings'],
      ['Errors of the last hour', 'livectl recordings --status error --since 1h'],
      ['For another program', 'livectl recordings --function orders --format json | jq -r .id'],
    ],
  });

  functionName = Option.String('--function', {
    description: describeFlag('Recordings', 'NAME', 'Only this function'),
  });
  status = Option.String('--status', {
    description: describeFlag('Recordings', 'STATUS', 'Only ok, error or running'),
  });
  text = Option.String('--text', {
    description: describeFlag('Recordings', 'TEXT', 'Only with this text in ids, function, trigger or error'),
  });
  since = Option.String('--since', {
    description: describeFlag('Recordings', 'TIME', 'Only since a time, or an age such as 30m, 2h or 7d'),
  });
  limit = Option.String('--limit', '100', {
    description: describeFlag('Recordings', 'COUNT', 'At most this many; default 100'),
  });
  root = placeFlags.root();
  format = outputFlags.format('one object a line');
  verbose = outputFlags.verbose();

  async run(format: OutputFormat): Promise<number> {
    const status = statuses.find((each) => each === this.status);
    if (this.status !== undefined && status === undefined)
      throw new UsageError(`--status must be ok, error or running, not ${this.status}`);
    const query = {
      function: this.functionName,
      status,
      text: this.text,
      since: this.since === undefined ? undefined : sinceTime(this.since, Date.now()),
      limit: wholeNumber('--limit', this.limit, 1, 100_000),
    };
    const { listRecordings } = await import('../replay/list-recordings.ts');
    return listRecordings({ ...query, root: this.root, format });
  }
}
