// Alternatives to AWS Client VPN, and when each fits.
import { awsFlags, type GuideFacts, type Section } from './guide-facts.ts';

/** The ways without a VPN, and when each fits. */
export function otherWays(facts: GuideFacts): Section[] {
  const { target, vpcs } = facts;
  const aws = awsFlags(facts);
  const routes = vpcs[0]?.cidr_blocks.join(',') ?? 'VPC_CIDR';
  const { host, port } = target ?? { host: 'HOST', port: 5432 };
  const document = 'AWS-StartPortForwardingSessionToRemoteHost';
  return [
    {
      title: 'The other ways',
      text: ['Where one fits, it costs less than a VPN.'],
      steps: [
        {
          title: 'SSM port forwarding: one or two hosts, one port each',
          text: [
            'Needs an instance in the VPC that Systems Manager manages and that may reach the target (the first command lists',
            'them), and the Session Manager plugin of the aws command. While it runs, the target answers at 127.0.0.1. A line in',
            `/etc/hosts directs the code there under the real name, which is in its TLS certificate: 127.0.0.1 ${host}`,
            'Redis Cluster and Kafka, which redirect clients to other nodes, do not work this way.',
          ],
          commands: [
            `aws ssm describe-instance-information ${aws} --query 'InstanceInformationList[].InstanceId'`,
            `aws ssm start-session ${aws} --target INSTANCE --document-name ${document} --parameters host=${host},portNumber=${port},localPortNumber=${port}`,
          ],
        },
        {
          title: 'EC2 Instance Connect endpoint: SSH through an instance without a public address',
          text: [
            'The endpoint, one per VPC, is free. The instance is not; it needs SSH, EC2 Instance Connect and a security',
            'group that admits the endpoint on port 22. While the session is open, connect to 127.0.0.1 as above.',
          ],
          commands: [
            `aws ec2-instance-connect ssh ${aws} --instance-id INSTANCE --connection-type eice --local-forwarding ${port}:${host}:${port}`,
          ],
        },
        {
          title: 'Tailscale subnet router: the team uses Tailscale',
          text: [
            'An instance in the VPC, with IP forwarding on, that advertises the VPC’s ranges (run the first command on it); an admin',
            'approves them in Tailscale’s admin console. A Linux laptop must accept routes (the second command); others do by default.',
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
