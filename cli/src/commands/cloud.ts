// `livectl cloud`: its flags; serve/serve-cloud.ts does the work.
import { Command, Option, UsageError } from 'clipanion';
import type { OutputFormat } from '../log/output.ts';
import { describeFlag } from './flag-help.ts';
import { wholeNumber } from './flag-values.ts';
import { LivectlCommand, outputFlags } from './livectl-command.ts';
import { placeFlags } from './place-command.ts';

export class CloudCommand extends LivectlCommand {
  static override paths = [['cloud']];

  static override usage = Command.Usage({
    description: 'Run a stage on this machine without an AWS account',
    details: `
      Deploys every function of livectl.json into an embedded cloud on 127.0.0.1: a wrapped one (\`mode = "wrap"\`) with its
      code, every other one as the stub. Shows where they answer, and the variables that make \`livectl serve --stage\`,
      \`trigger\`, \`invoke\` and \`status\` in other terminals use this cloud as their AWS account.

      The deployed code is that of \`--deployed\`, by default of \`--root\`, as it is when the cloud starts. While nobody
      serves, it answers for wrapped functions; the others fail.

      With \`--vpc\` the stage also has a tunnel function, which runs in a network namespace of this machine (\`ip netns add\`;
      Linux, as root or in a user namespace). What listens there is a private service: local code reaches it through the
      tunnel only.

      Press Ctrl-C to stop. The stage, its queues and all that they hold are gone then.
    `,
    examples: [
      ['A stage named dev with the functions of the current folder', 'livectl cloud'],
      ['Another folder and another name', 'livectl cloud --root examples/quickstart --stage dev-tom'],
      ['What is deployed is another checkout', 'livectl cloud --deployed ../main'],
      ['A stage with a tunnel into the network namespace vpc', 'livectl cloud --vpc vpc'],
      ['Events for a script, one JSON object a line', 'livectl cloud --port 0 --format json'],
    ],
  });

  root = placeFlags.root();
  config = placeFlags.config();
  deployed = Option.String('--deployed', {
    description: describeFlag(
      'Where',
      'DIR',
      'Folder with the deployed code of wrapped functions; default --root',
    ),
  });
  stage = Option.String('--stage', 'dev', {
    description: describeFlag('Where', 'NAME', 'Name of the stage; default dev'),
  });
  observeOnly = Option.Boolean('--observe-only', false, {
    description: describeFlag(
      'Sharing a stage',
      'Let nobody serve, as in a production stage with the module’s allow_observe',
    ),
  });
  port = Option.String('--port', '3000', {
    description: describeFlag('Network', 'PORT', 'Port of the HTTP API; default 3000, 0 takes a free one'),
  });
  allowOtherUsers = Option.Boolean('--allow-other-users', false, {
    description: describeFlag('Network', 'Let other users of this machine call functions over HTTP (Linux)'),
  });
  vpc = Option.String('--vpc', {
    description: describeFlag(
      'Network',
      'NAMESPACE',
      'Network namespace in which the tunnel function runs (Linux)',
    ),
  });
  format = outputFlags.format('one object a line');
  verbose = outputFlags.verbose(' and the stubs’ output');

  async run(format: OutputFormat): Promise<number> {
    const port = wholeNumber('--port', this.port, 0, 65_535);
    const { allowOtherUsers, config, deployed, observeOnly, root, stage, verbose, vpc } = this;
    // As the module requires it.
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}$/.test(stage))
      throw new UsageError(
        `${JSON.stringify(stage)} is not a valid stage name (1 to 32 letters, digits, - and _, the first a letter or digit)`,
      );
    const { serveCloud } = await import('../serve/serve-cloud.ts');
    return serveCloud({
      ...{ allowOtherUsers, config, deployed, observeOnly, root, stage, verbose, vpc, format, port },
    });
  }
}
