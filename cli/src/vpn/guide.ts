// The way into a VPC as steps to follow: the tunnel first, then AWS Client VPN, then alternatives and when each fits.
import type { Vpc } from '../manifest/vpc.ts';
import { awsFlags, type GuideFacts, type Section } from './guide-facts.ts';
import { otherWays } from './other-ways.ts';
import { overlap } from './private-address.ts';
import { tunnelGuide } from './tunnel-guide.ts';

/**
 * us-east-1, 2026: https://aws.amazon.com/vpn/pricing/ (per hour for an association and a connection), and 730 hours per month
 * as in AWS's calculator.
 */
const cost = { associationHour: 0.1, connectionHour: 0.05, monthHours: 730 } as const;

/** Address ranges for clients; the first that does not overlap the VPC's is used. */
const clientCidrs = ['10.200.0.0/22', '172.28.0.0/22', '192.168.252.0/22'] as const;

/** Sections in the order to read them. */
export function vpnGuide(facts: GuideFacts): Section[] {
  const { functions, vpcs } = facts;
  if (functions.length === 0) return [noneInVpc(facts), ...otherWays(facts)];
  const known = vpcs.length > 0 ? vpcs : [undefined];
  return [tunnelGuide(facts), ...known.map((vpc) => clientVpn(facts, vpc)), ...otherWays(facts)];
}

function noneInVpc({ stage }: GuideFacts): Section {
  return {
    title: 'No function is in a VPC',
    text: [
      stage === undefined
        ? 'None in livectl.json has a vpc_config: this machine can reach what they reach on AWS. If it cannot,'
        : `None of stage ${stage} has a vpc_config: this machine can reach what they reach on AWS. If it cannot,`,
      'set functions[*].vpc_config to the real function’s subnet_ids and security_group_ids, apply, and run this again.',
      ...(stage === undefined
        ? [
            'Terraform may give it to functions that have none here: livectl vpn --stage STAGE asks the deployed stage.',
          ]
        : []),
    ],
    steps: [],
  };
}

function clientVpn(facts: GuideFacts, vpc: Vpc | undefined): Section {
  const aws = awsFlags(facts);
  const cidrs = vpc?.cidr_blocks ?? ['VPC_CIDR'];
  const clientCidr =
    clientCidrs.find((range) => !cidrs.some((cidr) => overlap(range, cidr))) ?? 'CLIENT_CIDR';
  const subnet = vpc?.subnets[0];
  const groups = vpc?.security_groups.slice(0, 5).map(({ id }) => id) ?? ['SECURITY_GROUP'];
  const perMonth = Math.round(cost.associationHour * cost.monthHours);
  const names = vpc?.functions ?? facts.functions;
  const targets = `aws ec2 describe-client-vpn-target-networks ${aws} --client-vpn-endpoint-id ENDPOINT`;
  return {
    title: `AWS Client VPN into ${vpc?.id ?? 'the VPC'}`,
    text: [
      `${names.join(', ')}: while livectl serves, the code runs here, and ${vpc?.id ?? 'the VPC'}${vpc ? ` (${vpc.cidr_blocks.join(', ')})` : ''} is out of reach.`,
      `Costs $${cost.associationHour.toFixed(2)} an hour for each associated subnet, used or not ($${perMonth} a month idle), and`,
      `$${cost.connectionHour.toFixed(2)} an hour for each connection, in us-east-1; some Regions cost more. Step 7 ends it.`,
      'The nested module modules/client-vpn does steps 3 to 5 in Terraform: docs/vpn.md. Replace the words in capitals.',
    ],
    steps: [
      {
        title: 'Create the certificates',
        text: [
          'A certificate authority, the server’s certificate and yours, in ./vpn-certificates, which only you can read.',
        ],
        commands: ['livectl vpn certificates --client YOU'],
      },
      {
        title: 'Import the server’s certificate into ACM',
        text: [
          'It prints CERTIFICATE_ARN, which is used for the clients as well, since the same authority signed both certificates.',
        ],
        commands: [
          `aws acm import-certificate ${aws} --certificate fileb://vpn-certificates/server.crt --private-key fileb://vpn-certificates/server.key --certificate-chain fileb://vpn-certificates/ca.crt`,
        ],
      },
      {
        title: 'Create the endpoint',
        text: [
          'It prints ClientVpnEndpointId, which is ENDPOINT below. The clients’ range must overlap neither the VPC’s nor your',
          'own network’s. The endpoint has the functions’ own security groups, so that a database lets you in exactly as',
          'it lets them in.',
          ...groupNotes(vpc),
        ],
        commands: [
          [
            `aws ec2 create-client-vpn-endpoint ${aws} --client-cidr-block ${clientCidr} --split-tunnel`,
            `--vpc-id ${vpc?.id ?? 'VPC'} --security-group-ids ${groups.join(' ')}`,
            '--server-certificate-arn CERTIFICATE_ARN',
            '--authentication-options Type=certificate-authentication,MutualAuthentication={ClientRootCertificateChainArn=CERTIFICATE_ARN}',
            '--connection-log-options Enabled=false',
            ...(vpc?.dns_resolver ? [`--dns-servers ${vpc.dns_resolver}`] : []),
          ].join(' '),
        ],
      },
      {
        title: 'Associate a subnet',
        text: [
          `Charges begin with this step. One subnet is enough to reach the whole VPC${subnet ? `; ${subnet.id} is in ${subnet.az}` : ''}. It prints`,
          'AssociationId, which is ASSOCIATION below, and takes about ten minutes, until the second command prints "associated".',
        ],
        commands: [
          `aws ec2 associate-client-vpn-target-network ${aws} --client-vpn-endpoint-id ENDPOINT --subnet-id ${subnet?.id ?? 'SUBNET'}`,
          targets,
        ],
      },
      {
        title: 'Authorize the VPC’s addresses',
        text: ['A rule for each address range that clients may reach.'],
        commands: cidrs.map(
          (cidr) =>
            `aws ec2 authorize-client-vpn-ingress ${aws} --client-vpn-endpoint-id ENDPOINT --target-network-cidr ${cidr} --authorize-all-groups`,
        ),
      },
      {
        title: 'Connect',
        text: [
          'Complete the configuration with your certificate and key, and open vpn-certificates/YOU.ovpn in Tunnelblick',
          '(macOS), the AWS VPN Client (macOS, Windows, Ubuntu), or with sudo openvpn --config. Then check that it works.',
        ],
        commands: [
          `aws ec2 export-client-vpn-client-configuration ${aws} --client-vpn-endpoint-id ENDPOINT --output text | livectl vpn certificates --client YOU --ovpn -`,
          facts.checkCommand,
        ],
      },
      {
        title: 'Remove everything when you are done',
        text: [
          'Only this ends the charges: an association is charged even while nobody is connected. The endpoint can be deleted once',
          'the second command lists no association, after some minutes, and the certificate once the endpoint is gone.',
        ],
        commands: [
          `aws ec2 disassociate-client-vpn-target-network ${aws} --client-vpn-endpoint-id ENDPOINT --association-id ASSOCIATION`,
          targets,
          `aws ec2 delete-client-vpn-endpoint ${aws} --client-vpn-endpoint-id ENDPOINT`,
          `aws acm delete-certificate ${aws} --certificate-arn CERTIFICATE_ARN`,
        ],
      },
    ],
  };
}

/** What the rules of the security groups still lack for a VPN client. */
function groupNotes(vpc: Vpc | undefined): string[] {
  if (vpc === undefined) return [];
  const referencing = [...new Set(vpc.security_groups.flatMap((group) => group.referenced_by))];
  return [
    ...(vpc.security_groups.some((group) => group.egress_tcp)
      ? []
      : [
          'None of them allows outbound TCP: add an outbound rule to one, or neither the functions nor you can connect.',
        ]),
    referencing.length > 0
      ? `${referencing.join(', ')} let${referencing.length === 1 ? 's' : ''} them in by name: no rule to add.`
      : 'No security group names them as a source: a database that admits addresses admits those of the subnet of step 4.',
  ];
}
