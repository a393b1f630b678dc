// `livectl tunnel`: its flags; tunnel/run-tunnel.ts does the work.
import { Command, Option, UsageError } from 'clipanion';
import type { StageOptions } from '../aws/stage.ts';
import type { OutputFormat } from '../log/output.ts';
import { describeFlag } from './flag-help.ts';
import { wholeNumber } from './flag-values.ts';
import { LivectlCommand, outputFlags } from './livectl-command.ts';
import { parseStage, placeFlags } from './place-command.ts';

export class TunnelCommand extends LivectlCommand {
  static override paths = [['tunnel']];

  static override usage = Command.Usage({
    description: 'Reach a private host of a stage’s VPC without a VPN',
    details: `
      Opens a port on 127.0.0.1 that leads to HOST:PORT in the VPC, through the stage's tunnel function: for psql, DBeaver,
      redis-cli and everything else that connects to a host and a port. The name is looked up in the VPC. Served functions need
      none of this: \`livectl serve\` routes their connections by itself.

      \`--socks\` opens a SOCKS5 proxy with a user and a password instead, which reaches every allowed destination.

      The function starts at once, ends after a minute without a connection, and starts again with the next one. The module's
      variable \`tunnel\` creates it, and its \`allow\` lists the destinations.

      Without --stage it uses the stage that this machine serves, if that is one.
    `,
    examples: [
      ['A database', 'livectl tunnel db.internal:5432 --stage dev-tom'],
      ['Of the stage that is served here', 'livectl tunnel db.internal:5432'],
      ['At the same port every time', 'livectl tunnel db.internal:5432 --stage dev-tom --local-port 15432'],
      ['Every private host, for curl and others', 'livectl tunnel --socks --stage dev-tom'],
      ['The port for a script', 'livectl tunnel db.internal:5432 --stage dev-tom --format json'],
    ],
  });

  socks = Option.Boolean('--socks', false, {
    description: describeFlag('Network', 'A SOCKS5 proxy instead of a port for one destination'),
  });
  localPort = Option.String('--local-port', '0', {
    description: describeFlag('Network', 'PORT', 'The port on 127.0.0.1; default a free one'),
  });
  tunnelName = Option.String('--tunnel', {
    description: describeFlag(
      'Network',
      'NAME',
      'The tunnel, if the stage has several: a key of `others` in the module’s variable',
    ),
  });
  functionName = Option.String('--function', {
    description: describeFlag('Network', 'NAME', 'Use this function’s tunnel'),
  });
  stage = placeFlags.stage();
  stageName = placeFlags.stageName();
  profile = placeFlags.profile();
  region = placeFlags.region();
  format = outputFlags.format('one object a line');
  verbose = outputFlags.verbose();
  target = Option.String({ name: 'HOST:PORT', required: false });

  async run(format: OutputFormat): Promise<number> {
    const { functionName, socks, target, tunnelName: tunnel, verbose } = this;
    if ((target === undefined) !== socks)
      throw new UsageError(
        socks
          ? '--socks and HOST:PORT cannot be combined'
          : 'pass HOST:PORT, e.g. db.internal:5432, or --socks',
      );
    if (tunnel !== undefined && functionName !== undefined)
      throw new UsageError('--tunnel and --function cannot be combined');
    const destination = target === undefined ? undefined : parseTarget(target);
    const options = {
      ...(await this.#place()),
      target: destination,
      localPort: wholeNumber('--local-port', this.localPort, 0, 65_535),
      ...{ tunnel, functionName, format, verbose },
    };
    const { runTunnel } = await import('../tunnel/run-tunnel.ts');
    return runTunnel(options);
  }

  /** Without --stage: the only stage that this machine serves. */
  async #place(): Promise<StageOptions> {
    const { profile, region, stage, stageName: name } = this;
    if (stage !== undefined) return parseStage(this);
    const { servedStage } = await import('../tunnel/served-stage.ts');
    const found = await servedStage({ name, profile, region });
    if ('stage' in found) return found.stage;
    throw new UsageError(`pass --stage NAME: ${found.why}`);
  }
}

/** `host:port`, an IPv6 address in brackets. Throws a UsageError. */
function parseTarget(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, bare, digits = ''] =
    /^(?:\[([0-9a-fA-F:.]{2,45})\]|([^\s:/@[\]]{1,253})):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? bare;
  const port = Number(digits);
  if (host !== undefined && port >= 1 && port <= 65_535) return { host, port };
  throw new UsageError(
    `${JSON.stringify(text.slice(0, 300))} must be HOST:PORT, e.g. db.internal:5432 or [fd00::5]:5432`,
  );
}
