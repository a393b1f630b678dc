// `livectl vpn --check`: tests from this machine the endpoints that functions name.

import { exitCodes } from '../exit-code.ts';
import { eventLine } from '../log/json-lines.ts';
import { type OutputFormat, processOutput } from '../log/output.ts';
import type { Place } from '../place.ts';
import { endpointTunnel } from '../tunnel/endpoint-tunnel.ts';
import type { Tunnels } from '../tunnel/tunnels.ts';
import type { CheckedEndpoint } from './check-endpoint.ts';
import { isFailure } from './check-endpoint.ts';
import { checkFunctions, type NamedEnvironment } from './check-functions.ts';
import { endpointEvent, functionCheckLines } from './endpoint-lines.ts';
import { remedyFor } from './remedy.ts';
import { type VpnFacts, vpnFacts } from './vpn-facts.ts';

export interface VpnCheckOptions {
  readonly place: Place;
  readonly functions: readonly string[] | undefined;
  readonly timeoutMs: number;
  readonly format: OutputFormat;
}

/** Resolves with the exit code: 1 if an endpoint cannot be reached or read. Rejects as `vpnFacts` does. */
export async function checkPrivateResources(options: VpnCheckOptions): Promise<number> {
  const facts = await vpnFacts(options.place, options.functions);
  const isUsed = facts.functions.some(({ tunnel }) => tunnel !== undefined);
  const tunnels = isUsed ? facts.openTunnels?.() : undefined;
  try {
    return (await check(options, facts, tunnels)) ? exitCodes.ok : exitCodes.failure;
  } finally {
    await tunnels?.close();
    facts.close();
  }
}

async function check(
  options: VpnCheckOptions,
  facts: VpnFacts,
  tunnels: Tunnels | undefined,
): Promise<boolean> {
  const { functions, vpcs } = facts;
  // One after the other: Lambda answers few such requests a second for a whole account.
  const named: NamedEnvironment[] = [];
  for (const { environment, name, tunnel: ofFunction } of functions) {
    const tunnel = tunnels && ofFunction !== undefined ? endpointTunnel(tunnels, ofFunction) : undefined;
    named.push({ name, environment: await environment(), tunnel });
  }
  const cidrs = vpcs.flatMap((vpc) => vpc.cidr_blocks);
  const resolvers = vpcs.flatMap(({ dns_resolver }) => dns_resolver ?? []);
  const checks = await checkFunctions(named, { timeoutMs: options.timeoutMs, cidrs });
  const remedyOf = (checked: CheckedEndpoint) => remedyFor(checked, { resolvers });
  let good = true;
  for (const each of checks) {
    good &&= each.unreadable.length === 0 && !each.checked.some(isFailure);
    if (options.format === 'pretty') {
      const vpc = vpcs.find((one) => one.functions.includes(each.name));
      const inVpc = functions.find(({ name }) => name === each.name)?.inVpc ?? false;
      const where = vpc?.id ?? (inVpc ? 'in a VPC' : undefined);
      processOutput.line(functionCheckLines(each, where, remedyOf, processOutput.colour));
      continue;
    }
    for (const checked of each.checked)
      processOutput.line(eventLine(endpointEvent(each.name, checked, remedyOf(checked))));
    for (const { reason, variable } of each.unreadable) {
      const verdict = 'unreadable';
      processOutput.line(
        eventLine({ event: 'endpoint', function: each.name, variable, verdict, remedy: reason }),
      );
    }
  }
  return good;
}
