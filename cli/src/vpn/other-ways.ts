// The ways into a VPC beside AWS Client VPN, and when each fits.
import { awsFlags, type GuideFacts, type Section } from './guide-facts.ts';

/** The ways that need no VPN, and when each fits. */
export function otherWays(facts: GuideFacts): Section[] {
  const { target, vpcs } = facts;
  const aws = awsFlags(facts);
  const routes = vpcs[0]?.cidr_blocks.join(',') ?? 'VPC_CIDR';
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
            'Needs an instance in the VPC that Systems Manager manages and that may reach the target (the first command lists',
            'them), and the Session Manager plugin of the aws command. While it runs, the target answers at 127.0.0.1. A line in',
            `/etc/hosts leads the code there under the real name, which its TLS certificate has: 127.0.0.1 ${host}`,
            'Redis Cluster and Kafka, which send clients on to other nodes, don’t work through it.',
          ],
          commands: [
            `aws ssm describe-instance-information ${aws} --query 'InstanceInformationList[].InstanceId'`,
            `aws ssm start-session ${aws} --target INSTANCE --document-name ${document} --parameters host=${host},portNumber=${port},localPortNumber=${port}`,
          ],
        },
        {
          title: 'EC2 Instance Connect endpoint: SSH through an instance without a public address',
          text: [
            'The endpoint is free, one for each VPC; the instance is not, needs SSH and EC2 Instance Connect, and a security',
            'group that lets the endpoint in on port 22. While the session is open, connect to 127.0.0.1 as above.',
          ],
          commands: [
            `aws ec2-instance-connect ssh ${aws} --instance-id INSTANCE --connection-type eice --local-forwarding ${port}:${host}:${port}`,
          ],
        },
        {
          title: 'Tailscale subnet router: the team uses Tailscale',
          text: [
            'An instance in the VPC, with IP forwarding on, that advertises the VPC’s ranges (the first command, there); somebody',
            'approves them in Tailscale’s admin console. A laptop with Linux must accept routes (the second); others do.',
          ],
          commands: [`sudo tailscale up --advertise-routes=${routes}`, 'sudo tailscale set --accept-routes'],
        },
        {
          title: 'RDS Data API: Aurora with the Data API on, and code that uses it',
          text: ['SQL by HTTPS, without any network to set up; not the protocol of PostgreSQL or MySQL.'],
          commands: [
            `aws rds-data execute-statement ${aws} --resource-arn CLUSTER_ARN --secret-arn SECRET_ARN --sql 'select 1'`,
          ],
        },
      ],
    },
  ];
}
