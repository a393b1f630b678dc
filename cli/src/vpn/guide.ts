// The way into a VPC as steps a developer can walk: AWS Client VPN first, then the other ways and when each fits.
import type { Vpc } from '../manifest/vpc.ts';

/** One step: what it does, and commands that are right as they stand but for words in capitals. */
export interface Step {
  readonly title: string;
  readonly text: readonly string[];
  readonly commands: readonly string[];
}

export interface Section {
  readonly title: string;
  readonly text: readonly string[];
  readonly steps: readonly Step[];
}

export interface GuideFacts {
  /** Undefined where no stage is asked: the words in capitals stand for its ids. */
  readonly stage: string | undefined;
  readonly region: string | undefined;
  readonly vpcs: readonly Vpc[];
  /** Functions in a VPC, by name. */
  readonly functions: readonly string[];
  /** A private place that a function connects to, for the examples. */
  readonly target: { readonly host: string; readonly port: number } | undefined;
}

/**
 * us-east-1, 2026: https://aws.amazon.com/vpn/pricing/ (an association and a connection, by the hour) and 730 hours to
 * the month, as AWS's calculator has it.
 */
const cost = { associationHour: 0.1, connectionHour: 0.05, monthHours: 730 } as const;

/** Sections in the order to read them. */
export function vpnGuide(facts: GuideFacts): Section[] {
  const { functions, vpcs } = facts;
  if (functions.length === 0) return [noneInVpc(facts), ...otherWays(facts)];
  const known = vpcs.length > 0 ? vpcs : [undefined];
  return [...known.map((vpc) => clientVpn(facts, vpc)), ...otherWays(facts)];
}

function noneInVpc({ stage }: GuideFacts): Section {
  return {
    title: 'No function sits in a VPC',
    text: [
      stage === undefined
        ? 'None in livectl.json has a vpc_config: what they reach on AWS, this machine reaches too. Where that is not so,'
        : `None of stage ${stage} has a vpc_config: what they reach on AWS, this machine reaches too. Where that is not so,`,
      'give functions[*].vpc_config the real function’s subnet_ids and security_group_ids, apply, and run this again.',
    ],
    steps: [],
  };
}

function clientVpn(facts: GuideFacts, vpc: Vpc | undefined): Section {
  const region = facts.region ?? 'REGION';
  const [firstCidr = 'VPC_CIDR'] = vpc?.cidr_blocks ?? [];
  const subnet = vpc?.subnets[0];
  const groups = vpc?.security_groups.slice(0, 5).map(({ id }) => id) ?? ['SECURITY_GROUP'];
  const perMonth = Math.round(cost.associationHour * cost.monthHours);
  const names = vpc?.functions ?? facts.functions;
  return {
    title: `AWS Client VPN into ${vpc?.id ?? 'the VPC'}`,
    text: [
      `${names.join(', ')}: while livectl serves, the code runs here, and ${vpc?.id ?? 'the VPC'}${vpc ? ` (${vpc.cidr_blocks.join(', ')})` : ''} is out of reach.`,
      `Costs $${cost.associationHour.toFixed(2)} an hour for each associated subnet, used or not ($${perMonth} a month idle), and`,
      `$${cost.connectionHour.toFixed(2)} an hour for each connection, in us-east-1; some Regions cost more. Step 7 ends it.`,
      'The nested module modules/client-vpn makes steps 3 to 5 in Terraform: docs/vpn.md.',
    ],
    steps: [
      {
        title: 'Make the certificates',
        text: ['An authority, the server’s, and yours, in ./vpn-certificates, which only you can read.'],
        commands: ['livectl vpn certificates --client YOU'],
      },
      {
        title: 'Import the server’s certificate into ACM',
        text: ['It prints CERTIFICATE_ARN, which serves for the clients’ authority too.'],
        commands: [
          `aws acm import-certificate --region ${region} --certificate fileb://vpn-certificates/server.crt --private-key fileb://vpn-certificates/server.key --certificate-chain fileb://vpn-certificates/ca.crt`,
        ],
      },
      {
        title: 'Make the endpoint',
        text: [
          'The clients’ range must overlap neither the VPC nor the network you sit in. The endpoint has the functions’ own',
          'security groups, so that a database lets you in exactly as it lets them in.',
          ...groupNotes(vpc),
        ],
        commands: [
          [
            `aws ec2 create-client-vpn-endpoint --region ${region} --client-cidr-block 10.200.0.0/22 --split-tunnel`,
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
          `From here on it costs. One is enough to reach the whole VPC${subnet ? `; ${subnet.id} is in ${subnet.az}` : ''}. It takes some minutes.`,
        ],
        commands: [
          `aws ec2 associate-client-vpn-target-network --region ${region} --client-vpn-endpoint-id ENDPOINT --subnet-id ${subnet?.id ?? 'SUBNET'}`,
        ],
      },
      {
        title: 'Authorize the VPC’s addresses',
        text: ['A rule for each address range that clients may reach.'],
        commands: (vpc?.cidr_blocks ?? [firstCidr]).map(
          (cidr) =>
            `aws ec2 authorize-client-vpn-ingress --region ${region} --client-vpn-endpoint-id ENDPOINT --target-network-cidr ${cidr} --authorize-all-groups`,
        ),
      },
      {
        title: 'Connect',
        text: [
          'Complete the configuration with your certificate and key, and open vpn-certificates/YOU.ovpn in Tunnelblick',
          '(macOS), the AWS VPN Client (macOS, Windows, Ubuntu), or with sudo openvpn --config. Then see whether it works.',
        ],
        commands: [
          `aws ec2 export-client-vpn-client-configuration --region ${region} --client-vpn-endpoint-id ENDPOINT --output text | livectl vpn certificates --client YOU --ovpn -`,
          `livectl vpn --check${facts.stage === undefined ? '' : ` --stage ${facts.stage}`}`,
        ],
      },
      {
        title: 'Tear it down when you are done',
        text: ['Only this ends the cost: an association costs while nobody is connected, too.'],
        commands: [
          `aws ec2 disassociate-client-vpn-target-network --region ${region} --client-vpn-endpoint-id ENDPOINT --association-id ASSOCIATION`,
          `aws ec2 delete-client-vpn-endpoint --region ${region} --client-vpn-endpoint-id ENDPOINT`,
          `aws acm delete-certificate --region ${region} --certificate-arn CERTIFICATE_ARN`,
        ],
      },
    ],
  };
}

/** What the rules of the groups still lack for a VPN client. */
function groupNotes(vpc: Vpc | undefined): string[] {
  if (vpc === undefined) return [];
  const referencing = [...new Set(vpc.security_groups.flatMap((group) => group.referenced_by))];
  return [
    ...(vpc.security_groups.some((group) => group.egress_tcp)
      ? []
      : [
          'None of them lets TCP out: add an outbound rule to one, or neither the functions nor you get anywhere.',
        ]),
    referencing.length > 0
      ? `${referencing.join(', ')} let${referencing.length === 1 ? 's' : ''} them in by name: nothing to add there.`
      : 'No security group names them as a source: a database that lets in by addresses lets in the subnet of step 4.',
  ];
}

/** The ways that need no VPN, and when each fits. */
function otherWays({ region = 'REGION', target }: GuideFacts): Section[] {
  const { host, port } = target ?? { host: 'HOST', port: 5432 };
  const document = 'AWS-StartPortForwardingSessionToRemoteHost';
  return [
    {
      title: 'The other ways',
      text: ['Each costs less than a VPN, where it fits.'],
      steps: [
        {
          title: 'SSM port forwarding: one or two hosts, one port each',
          text: [
            'Needs an instance in the VPC that Systems Manager manages and that may reach the target, and the Session Manager',
            `plugin of the aws command. The code then connects to 127.0.0.1:${port}; certificates that name the real host need it in`,
            '/etc/hosts. Redis Cluster and Kafka, which send clients on to other nodes, don’t work through it.',
          ],
          commands: [
            `aws ssm start-session --region ${region} --target INSTANCE --document-name ${document} --parameters host=${host},portNumber=${port},localPortNumber=${port}`,
          ],
        },
        {
          title: 'EC2 Instance Connect endpoint: SSH through an instance without a public address',
          text: ['The endpoint is free, one for each VPC; the instance is not.'],
          commands: [
            `aws ec2-instance-connect ssh --region ${region} --instance-id INSTANCE --connection-type eice --local-forwarding ${port}:${host}:${port}`,
          ],
        },
        {
          title: 'Tailscale subnet router: the team uses Tailscale',
          text: ['An instance in the VPC that advertises its ranges; clients accept routes once.'],
          commands: ['sudo tailscale up --advertise-routes=VPC_CIDR'],
        },
        {
          title: 'RDS Data API: Aurora with the Data API on, and code that uses it',
          text: ['SQL by HTTPS, without any network to set up; not the protocol of PostgreSQL or MySQL.'],
          commands: [
            `aws rds-data execute-statement --region ${region} --resource-arn CLUSTER_ARN --secret-arn SECRET_ARN --sql 'select 1'`,
          ],
        },
      ],
    },
  ];
}
