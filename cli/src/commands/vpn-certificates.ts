// `livectl vpn certificates`: its flags; vpn/show-certificates.ts does the work.
import { Command, Option, UsageError } from 'clipanion';
import type { OutputFormat } from '../log/output.ts';
import { describeFlag } from './flag-help.ts';
import { wholeNumber } from './flag-values.ts';
import { LivectlCommand, outputFlags } from './livectl-command.ts';
import { placeFlags } from './place-command.ts';

export class VpnCertificatesCommand extends LivectlCommand {
  static override paths = [['vpn', 'certificates']];

  static override usage = Command.Usage({
    description: 'Create the certificates of an AWS Client VPN endpoint',
    details: `
      A certificate authority, the server's certificate and one for a client, created by openssl in a folder that only
      you can read. Run it again with another \`--client\` for a colleague: the authority and the server's certificate stay.
      Private keys stay in that folder, except that \`--import\` sends the server's certificate and key to ACM, which the
      endpoint needs, and prints the ARN. Without it, livectl prints the command that does so.

      \`--ovpn\` completes a client configuration (\`terraform output -raw client_config\`) with the client's certificate
      and key.
    `,
    examples: [
      ['For yourself', 'livectl vpn certificates --client tom'],
      [
        'Also import the server’s into ACM',
        'livectl vpn certificates --client tom --import --region eu-west-1',
      ],
      [
        'With the configuration to open in the VPN client',
        'terraform output -raw client_config | livectl vpn certificates --client tom --ovpn -',
      ],
    ],
  });

  out = Option.String('--out', 'vpn-certificates', {
    description: describeFlag(
      'Certificates',
      'DIR',
      'The folder, created with mode 0700; default vpn-certificates',
    ),
  });
  client = Option.String('--client', 'client', {
    description: describeFlag('Certificates', 'NAME', 'Name of the client, e.g. your own; default client'),
  });
  serverName = Option.String('--server-name', 'server.vpn.livectl.internal', {
    description: describeFlag(
      'Certificates',
      'DOMAIN',
      'Name in the server’s certificate; default server.vpn.livectl.internal',
    ),
  });
  days = Option.String('--days', '825', {
    description: describeFlag(
      'Certificates',
      'DAYS',
      'How many days the certificates are valid, 1 to 3650; default 825',
    ),
  });
  ovpn = Option.String('--ovpn', {
    description: describeFlag('Certificates', 'FILE', 'A client configuration to complete; - reads stdin'),
  });
  import = Option.Boolean('--import', false, {
    description: describeFlag('Certificates', 'Import the server’s certificate into ACM'),
  });
  profile = placeFlags.profile();
  region = placeFlags.region();
  format = outputFlags.format('one object');
  verbose = outputFlags.verbose();

  async run(format: OutputFormat): Promise<number> {
    const { client, ovpn, out, serverName } = this;
    if (!/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(client) || ['ca', 'server'].includes(client.toLowerCase()))
      throw new UsageError(
        `--client must be letters, digits, ., - and _, other than ca and server, not ${client}`,
      );
    if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(serverName) || serverName.length > 64)
      throw new UsageError(`--server-name must be a domain name of at most 64 characters, not ${serverName}`);
    const days = wholeNumber('--days', this.days, 1, 3650);
    const { showCertificates } = await import('../vpn/show-certificates.ts');
    const aws = this.import ? { profile: this.profile, region: this.region } : undefined;
    return showCertificates({ folder: out, client, serverName, days, ovpn, aws, format });
  }
}
