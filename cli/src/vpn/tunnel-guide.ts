// The tunnel as the first way into a VPC: when it fits and when a VPN does, and the lines for the Terraform module.
import type { StageTunnel } from '../manifest/tunnel-settings.ts';
import type { Vpc } from '../manifest/vpc.ts';
import type { GuideFacts, Section, Step } from './guide-facts.ts';

/**
 * us-east-1, 2026, per hour: Lambda on arm64 with 256 MB (https://aws.amazon.com/lambda/pricing/, $0.0000133334 for a GB-second)
 * and a NAT gateway (https://aws.amazon.com/vpc/pricing/).
 */
const cost = { tunnelHour: 0.012, natHour: 0.045 } as const;

/** A tunnel has as many destinations in a text as fit into a line. */
const shownEntries = 5;

/** A tunnel into each VPC: the one that is there, or what creates it. */
export function tunnelGuide(facts: GuideFacts): Section {
  const { functions, tunnels, vpcs } = facts;
  const known: readonly (Vpc | undefined)[] = vpcs.length > 0 ? vpcs : [undefined];
  const found = known.map((vpc) => ({
    vpc,
    tunnel: (vpc?.functions ?? functions).map((name) => tunnels.get(name)).find((tunnel) => tunnel),
  }));
  const present = found.flatMap(({ tunnel, vpc }) =>
    tunnel ? [`${lineOf(tunnel)}${vpc ? ` in ${vpc.id}` : ''}`] : [],
  );
  const missing = found.filter(({ tunnel }) => tunnel === undefined).map(({ vpc }) => vpc);
  return {
    title: 'The tunnel: TCP through a Lambda function in the VPC',
    text: [
      'It fits TCP and query traffic: databases, caches, internal HTTP. It needs nothing on this machine: no VPN client and no',
      'administrator rights. Names are resolved in the VPC. It costs nothing while it is not used, and about',
      `$${cost.tunnelHour.toFixed(3)} an hour and the relay’s messages while it is, in us-east-1.`,
      'A VPN, below, fits large transfers, UDP, a VPC without NAT, and programs that use neither a SOCKS5 proxy nor a forwarded port.',
      ...present.map(
        (line) => `Present: ${line}. livectl serve starts it when code connects to a private address.`,
      ),
    ],
    steps: missing.length === 0 ? [] : [addStep(missing, present.length > 0, facts), applyStep],
  };
}

function lineOf({ allow, functionName }: StageTunnel): string {
  const more = allow.length > shownEntries ? ` and ${allow.length - shownEntries} more` : '';
  return `${functionName}, which connects to ${allow.slice(0, shownEntries).join(', ')}${more}`;
}

/** `tunnel` has the first VPC; the others, and all of them where there is a tunnel already, are in `others`. */
function addStep(vpcs: readonly (Vpc | undefined)[], hasTunnel: boolean, facts: GuideFacts): Step {
  const [first, ...rest] = hasTunnel ? [undefined, ...vpcs] : vpcs;
  const others = rest.map((vpc, index) => `vpc-${index + 2} = { ${idsOf(vpc)} }`).join(', ');
  const parts = [...(hasTunnel ? [] : [idsOf(first)]), ...(others === '' ? [] : [`others = { ${others} }`])];
  return {
    title: hasTunnel ? 'Add this to tunnel in the module live_debug' : 'Add this to the module live_debug',
    text: [
      `The subnets must have a route to a NAT gateway ($${cost.natHour.toFixed(3)} an hour in us-east-1, if there is none), since the`,
      'relay is outside the VPC. The security groups together must let out TCP port 443 to the internet, and what the code',
      'connects to. Add allow to name destinations: by default it is every port of the VPC’s own addresses.',
      ...(facts.stage === undefined ? ['Replace the words in capitals.'] : []),
    ],
    commands: [hasTunnel ? parts.join('') : `tunnel = { ${parts.join(', ')} }`],
  };
}

const applyStep: Step = {
  title: 'Apply, and serve again',
  text: [
    'The developer policy then allows livectl to start the tunnel. livectl tunnel HOST:PORT lets other programs use it.',
  ],
  commands: ['terraform apply'],
};

function idsOf(vpc: Vpc | undefined): string {
  const subnets = vpc?.subnets.map(({ id }) => id) ?? ['SUBNET'];
  const groups = vpc?.security_groups.slice(0, 5).map(({ id }) => id) ?? ['SECURITY_GROUP'];
  return `subnet_ids = ${JSON.stringify(subnets).replaceAll(',', ', ')}, security_group_ids = ${JSON.stringify(groups).replaceAll(',', ', ')}`;
}
