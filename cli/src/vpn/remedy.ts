// The remedy for an endpoint that does not answer, in one sentence.
import type { CheckedEndpoint } from './check-endpoint.ts';
import { isLoopback } from './private-address.ts';

export interface RemedyContext {
  /** DNS resolvers of the functions' VPCs. */
  readonly resolvers: readonly string[];
}

/** Undefined if nothing needs fixing. */
export function remedyFor(checked: CheckedEndpoint, { resolvers }: RemedyContext): string | undefined {
  const { address, endpoint, port, route, verdict } = checked;
  if (checked.tunnel !== undefined) return verdict === 'reachable' ? undefined : checked.reason;
  switch (verdict) {
    case 'reachable':
    case 'public':
    case 'not_allowed':
      return undefined;
    case 'no_port':
      return `its port is unknown: set it in a variable beside ${endpoint.variable}, or write ${endpoint.host}:PORT`;
    case 'unresolved': {
      const ask = resolvers.length > 0 ? ` (${resolvers.join(', ')})` : '';
      if (checked.code === 'ETIMEDOUT' || checked.code === 'EAI_AGAIN')
        return `no DNS server answered in time: is the network up? With a VPN, does its resolver${ask} answer?`;
      if (endpoint.web)
        return 'the name has no address here: is it spelled correctly, and is the network up?';
      return `the name has no address here: is it spelled correctly? A name inside the VPC needs a VPN that asks the VPC's resolver${ask}`;
    }
    case 'refused':
      return address !== undefined && isLoopback(address)
        ? `nothing listens on port ${port} of this machine: is the tunnel (e.g. aws ssm start-session) open?`
        : `the host answers, but nothing listens on port ${port}: is the port correct, and the service up?`;
    case 'timeout':
    case 'unreachable':
      if (!checked.private)
        return `does the security group allow this machine's address to ${endpoint.host}?`;
      if (route?.vpn === true) {
        return `the VPN (${route.interface}) accepts the packets, but nothing comes back: does an authorization rule allow ${address}, and a security group the VPN's group on port ${port}?`;
      }
      return route === undefined
        ? 'this machine has no route to it: connect the VPN; livectl vpn shows how to create one'
        : `packets leave through ${route.interface}, which is not a VPN: connect one; livectl vpn shows how to create it`;
  }
}
