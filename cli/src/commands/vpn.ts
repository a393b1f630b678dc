// `livectl vpn`: its flags; vpn/show-guide.ts and vpn/check-private-resources.ts do the work.
import { Command, Option, UsageError } from 'clipanion';
import { LivectlCommand } from './livectl-command.ts';

export class VpnCommand extends LivectlCommand {
  static override paths = [['vpn']];

  static override usage = Command.Usage({
    description: 'Reach the private resources of functions in a VPC from this machine',
    details: `
      Without flags: the guide, step by step, with the very ids of the stage's VPCs (\`--stage\`), or in general for
      the livectl.json in \`--root\`. It makes nothing.

      \`--check\` finds the hosts that the functions' environment names and tries each from here: its name, its address,
      its port, and the interface that packets take. Exit code 1 when something can't be reached. Of a variable's value
      only host and port are shown.
    `,
    examples: [
      ['What to do for dev-tom', 'livectl vpn --stage dev-tom'],
      ['Does it work?', 'livectl vpn --check --stage dev-tom'],
      ['The same from livectl.json, for a script', 'livectl vpn --check --root services/api --format json'],
      ['Certificates for an endpoint', 'livectl vpn certificates'],
    ],
  });

  check = Option.Boolean('--check', false, { description: 'Try every endpoint that the functions name' });
  stage = Option.String('--stage', { description: 'The stage on AWS: the module’s `stage`' });
  stageName = Option.String('--name', 'live-debug', {
    description: 'Prefix of the stage’s table: the module’s `name`',
  });
  profile = Option.String('--profile', { description: 'AWS profile; default AWS_PROFILE' });
  region = Option.String('--region', { description: 'AWS Region; default AWS_REGION or the profile’s' });
  root = Option.String('--root', '.', { description: 'The folder of livectl.json, without --stage' });
  config = Option.String('--config', { description: 'The manifest; default livectl.json in --root' });
  functions = Option.Array('--function', { description: 'Only this function; may be given several times' });
  timeout = Option.String('--timeout', '3', { description: 'Seconds to wait for each endpoint, 1 to 60' });
  format = Option.String('--format', 'pretty', { description: 'pretty, or json: one object a line' });
  verbose = Option.Boolean('--verbose', false, { description: 'Also show stack traces of livectl' });

  async run(): Promise<number> {
    const { check, config, format, functions, profile, region, root, stage, verbose } = this;
    if (format !== 'pretty' && format !== 'json')
      throw new UsageError(`--format is pretty or json, not ${format}`);
    const seconds = Number(this.timeout);
    if (!(seconds >= 1 && seconds <= 60))
      throw new UsageError(`--timeout takes seconds from 1 to 60, not ${this.timeout}`);
    const place =
      stage === undefined
        ? ({ kind: 'folder', root, config } as const)
        : ({ kind: 'stage', stage, name: this.stageName, profile, region } as const);
    const options = { place, functions, format, verbose } as const;
    if (check) {
      const { checkPrivateResources } = await import('../vpn/check-private-resources.ts');
      return checkPrivateResources({ ...options, timeoutMs: seconds * 1000 });
    }
    const { showVpnGuide } = await import('../vpn/show-guide.ts');
    return showVpnGuide(options);
  }
}
