// `livectl vpn`: its flags; vpn/show-guide.ts and vpn/check-private-resources.ts do the work.
import { Command, Option, UsageError } from 'clipanion';
import type { OutputFormat } from '../log/output.ts';
import { describeFlag } from './flag-help.ts';
import { LivectlCommand, outputFlags } from './livectl-command.ts';
import { parsePlace, placeFlags } from './place-command.ts';

export class VpnCommand extends LivectlCommand {
  static override paths = [['vpn']];

  static override usage = Command.Usage({
    description: 'Show how to reach private resources by VPN, or check it',
    details: `
      Without flags: a step-by-step guide with the ids of the stage's VPCs (\`--stage\`), or a general one for the
      livectl.json in \`--root\`. Nothing is created.

      \`--check\` finds the hosts that the functions' environment names and tries each from here: its name, its address,
      its port, and the interface that packets take. The exit code is 1 if something can't be
      reached. Of a variable's value only host and port are shown.
    `,
    examples: [
      ['What to do for dev-tom', 'livectl vpn --stage dev-tom'],
      ['Does it work?', 'livectl vpn --check --stage dev-tom'],
      ['The same from livectl.json, for a script', 'livectl vpn --check --root services/api --format json'],
      ['Certificates for an endpoint', 'livectl vpn certificates'],
    ],
  });

  check = Option.Boolean('--check', false, {
    description: describeFlag('Checks', 'Try every endpoint that the functions name'),
  });
  stage = placeFlags.stage();
  stageName = placeFlags.stageName();
  profile = placeFlags.profile();
  region = placeFlags.region();
  root = placeFlags.root();
  config = placeFlags.config();
  functions = Option.Array('--function', {
    description: describeFlag('Functions', 'NAME', 'Only this function; repeatable'),
  });
  timeout = Option.String('--timeout', '3', {
    description: describeFlag('Checks', 'SECONDS', 'Seconds to wait for each endpoint, 1 to 60; default 3'),
  });
  format = outputFlags.format('one object a line');
  verbose = outputFlags.verbose();

  async run(format: OutputFormat): Promise<number> {
    const seconds = Number(this.timeout);
    if (!(seconds >= 1 && seconds <= 60))
      throw new UsageError(`--timeout must be 1 to 60 seconds, not ${this.timeout}`);
    const place = parsePlace({ ...this, local: this.stage === undefined });
    const options = { place, functions: this.functions, format };
    if (this.check) {
      const { checkPrivateResources } = await import('../vpn/check-private-resources.ts');
      return checkPrivateResources({ ...options, timeoutMs: seconds * 1000 });
    }
    const { showVpnGuide } = await import('../vpn/show-guide.ts');
    return showVpnGuide(options);
  }
}
