// `livectl vpn`: the guide with the ids of the stage's VPCs. Asks AWS only for the manifest and the functions' variables.

import { exitCodes } from '../exit-code.ts';
import { eventLine } from '../log/json-lines.ts';
import { type OutputFormat, processOutput } from '../log/output.ts';
import type { Place } from '../place.ts';
import { checkCommand } from './check-command.ts';
import { findEndpoints } from './find-endpoints.ts';
import { vpnGuide } from './guide.ts';
import type { GuideFacts } from './guide-facts.ts';
import { guideLines } from './guide-lines.ts';
import { type VpnFacts, vpnFacts } from './vpn-facts.ts';

export interface VpnGuideOptions {
  readonly place: Place;
  readonly functions: readonly string[] | undefined;
  readonly format: OutputFormat;
}

/** Resolves with the exit code. Rejects as `vpnFacts` does. */
export async function showVpnGuide({ format, functions, place }: VpnGuideOptions): Promise<number> {
  const facts = await vpnFacts(place, functions);
  try {
    const { region, stage, title } = facts;
    const inVpc = facts.functions.filter((each) => each.inVpc).map(({ name }) => name);
    const sections = vpnGuide({
      stage,
      region,
      profile: place.kind === 'stage' ? place.profile : undefined,
      vpcs: facts.vpcs.filter((vpc) => vpc.functions.some((name) => inVpc.includes(name))),
      functions: inVpc,
      tunnels: facts.tunnelOf,
      target: await privateTarget(facts),
      checkCommand: checkCommand(place),
    });
    if (format === 'pretty') processOutput.line(guideLines(title, sections, processOutput.colour));
    else for (const section of sections) processOutput.line(eventLine({ event: 'guide', ...section }));
    return exitCodes.ok;
  } finally {
    facts.close();
  }
}

/** The first endpoint with a port that a function in a VPC names; omitted from the guide if AWS refuses. */
async function privateTarget({ functions }: VpnFacts): Promise<GuideFacts['target']> {
  for (const { environment, inVpc } of functions) {
    if (!inVpc) continue;
    const variables = await environment().catch(() => ({}));
    for (const { host, ports, web } of findEndpoints(variables).endpoints) {
      const [port] = ports;
      if (port !== undefined && !web) return { host, port };
    }
  }
  return undefined;
}
