// `livectl replay`: its flags; replay/run-replay.ts does the work.
import { Command, Option, UsageError } from 'clipanion';
import type { OutputFormat } from '../log/output.ts';
import { describeFlag } from './flag-help.ts';
import { LivectlCommand, outputFlags } from './livectl-command.ts';
import { placeFlags } from './place-command.ts';

export class ReplayCommand extends LivectlCommand {
  static override paths = [['replay']];

  static override usage = Command.Usage({
    description: 'Run a recorded event again with today’s code, without AWS',
    details: `
      \`livectl serve\` records what it runs and observes. This runs a recorded event again: the last one, or that of an ID, which
      \`livectl recordings\` lists; the first characters of an ID are enough. Beside a running \`livectl serve\` of the same folder
      its warm worker answers, otherwise the function is built and run here, with the variables of livectl.json, \`.env\`,
      \`--env\` and \`--env-file\`, and without AWS.

      The result goes to stdout exactly as the function gave it, the log and an error to stderr. \`--diff\` compares the result with
      the recorded one instead, and shows each difference; of errors, name and message count. \`--watch\` runs it again on each save.

      \`--set body.items[0].id=5\` sets a value of the event before it runs, also in a body that is JSON; the value is JSON if it
      can be, else text. \`--edit\` opens the event in the editor that VISUAL or EDITOR name.

      The exit code is 1 if the function failed, or with \`--diff\` if the answer differs; 2 if the command or its configuration is
      invalid, or the recording is incomplete.
    `,
    examples: [
      ['The last invocation again', 'livectl replay'],
      [
        'Compare with what was answered, on each save',
        'livectl replay last --function orders --watch --diff',
      ],
      ['A certain one, with another value', 'livectl replay 0mwyov --set body.name=ada'],
      ['In the editor first', 'livectl replay last --edit'],
    ],
  });

  functionName = Option.String('--function', {
    description: describeFlag(
      'Functions',
      'NAME',
      'With last: the newest recording of this function; with an ID: run its event on this function',
    ),
  });
  diff = Option.Boolean('--diff', false, {
    description: describeFlag('Replay', 'Compare with the recorded answer'),
  });
  watch = Option.Boolean('--watch', false, {
    description: describeFlag('Replay', 'Run again on each save, until Ctrl-C'),
  });
  edit = Option.Boolean('--edit', false, {
    description: describeFlag('Replay', 'Edit the event before it runs'),
  });
  set = Option.Array('--set', {
    description: describeFlag('Replay', 'PATH=VALUE', 'Set a value of the event; repeatable'),
  });
  env = Option.Array('--env', {
    description: describeFlag(
      'Replay',
      'NAME=VALUE|@FILE',
      'Set a variable, or those of a file, as serve does; not beside a running serve; repeatable',
    ),
  });
  envFile = Option.Array('--env-file', {
    description: describeFlag(
      'Replay',
      'FILE',
      'Set the variables of a file, as --env @FILE does; repeatable',
    ),
  });
  root = placeFlags.root();
  config = placeFlags.config();
  format = outputFlags.format('one object a line');
  verbose = outputFlags.verbose();
  recording = Option.String({ name: 'ID', required: false });

  async run(format: OutputFormat): Promise<number> {
    const { config, diff, edit, functionName, root, set: settings = [], verbose, watch } = this;
    const id = this.recording ?? 'last';
    if (id === '') throw new UsageError('the ID is empty; write last, a key or a request id');
    const { givenVariables } = await import('../serve/given-variables.ts');
    const variables = givenVariables(this.env, this.envFile);
    const options = {
      id,
      functionName,
      diff,
      watch,
      edit,
      settings,
      variables,
      root,
      config,
      format,
      verbose,
    };
    const { runReplay } = await import('../replay/run-replay.ts');
    return runReplay(options);
  }
}
