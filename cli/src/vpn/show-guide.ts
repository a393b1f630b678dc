// `livectl vpn`: the guide with the ids of the stage's VPCs; it asks AWS for nothing but the manifest and what functions name.

import { jsonLine } from '../control/json-line.ts';
import { exitCodeOf, exitCodes } from '../exit-code.ts';
import { reportFailure } from '../log/failure.ts';
import { processOutput } from '../log/output.ts';
import { findEndpoints } from './find-endpoints.ts';
import { vpnGuide } from './guide.ts';
import type { GuideFacts } from './guide-facts.ts';
import { guideLines } from './guide-lines.ts';
import { checkCommand, type VpnFacts, type VpnPlace, vpnFacts } from './vpn-facts.ts';

export interface VpnGuideOptions {
  readonly place: VpnPlace;
  readonly functions: readonly string[] | undefined;
  readonly format: 'pretty' | 'json';
  readonly verbose: boolean;
}

/** Resolves with the exit code. Errors are written, not thrown. */
export async function showVpnGuide(options: VpnGuideOptions): Promise<number> {
  try {
    const facts = await vpnFacts(options.place, options.functions);
    try {
      const { region, stage, title } = facts;
      const inVpc = facts.functions.filter((each) => each.inVpc).map(({ name }) => name);
      const vpcs = facts.vpcs.filter((vpc) => vpc.functions.some((name) => inVpc.includes(name)));
      const target = await privateTarget(facts);
      const sections = vpnGuide({
        stage,
        region,
        profile: options.place.kind === 'stage' ? options.place.profile : undefined,
        vpcs,
        functions: inVpc,
        target,
        checkCommand: checkCommand(options.place),
      });
      if (options.format === 'pretty') processOutput.line(guideLines(title, sections, processOutput.colour));
      else for (const section of sections) processOutput.line(jsonLine({ event: 'guide', ...section }));
    } finally {
      facts.close();
    }
    return exitCodes.ok;
  } catch (error) {
    reportFailure(error, processOutput, options);
    return exitCodeOf(error);
  }
}

/** The first place with a port that a function in a VPC names; the guide does without where AWS says no. */
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
