// The tunnels of a stage on AWS, as every command opens them.
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../../protocol/clock.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import type { StageSecret } from '../../../protocol/stage-secret.ts';
import { explainDirectory } from '../aws/explain-directory.ts';
import { invokeEvent } from '../aws/invoke-event.ts';
import { proxyAgent } from '../aws/proxy-agents.ts';
import type { Stage } from '../aws/stage.ts';
import type { StageManifest } from '../manifest/stage-manifest.ts';
import { readStageSecret } from '../manifest/stage-secret-item.ts';
import { ownHolder } from '../relay/own-holder.ts';
import { carriesAscii } from '../relay/relay-check.ts';
import { StageSecrets } from '../relay/stage-secrets.ts';
import type { TunnelEvent } from '../session/session-event.ts';
import { relayedInstances, type TunnelPlace } from './relayed-instance.ts';
import { Tunnels } from './tunnels.ts';

export interface StageTunnelsOptions {
  readonly stage: string;
  readonly aws: Stage;
  readonly manifest: Pick<StageManifest, 'relayUrl' | 'tunnels'>;
  /** The stage's secret, if it is being read already. */
  readonly secret?: Promise<StageSecret | undefined> | undefined;
  readonly onEvent: (event: TunnelEvent) => void;
}

/** Nothing is sent before a tunnel is used. Throws LD_STAGE if the manifest's `allow` is of another version. */
export function stageTunnels(options: StageTunnelsOptions): Tunnels {
  const { manifest, onEvent } = options;
  const place = placeOf(options);
  return new Tunnels({
    tunnels: manifest.tunnels,
    startOf: (name, functionName) => relayedInstances(place, name, functionName),
    clock: systemClock,
    onEvent,
  });
}

function placeOf({ aws, manifest, secret, stage }: StageTunnelsOptions): TunnelPlace {
  const { context, directory, http, identity, lookup } = aws;
  const { credentials, region } = identity;
  const { relayUrl: url } = manifest;
  const clock = systemClock;
  const explain = (error: unknown) => explainDirectory(error, context);
  const agent = proxyAgent(new URL(url));
  const relay = { url, region, credentials, agent, lookup };
  const read = () => readStageSecret(directory, stage);
  let secrets: Promise<StageSecrets> | undefined;
  let ascii: Promise<boolean> | undefined;
  return {
    stage,
    relay,
    directory,
    secrets: () => {
      secrets ??= openSecrets(secret ?? read(), read).catch((error: unknown) => {
        secrets = undefined;
        throw explain(error);
      });
      return secrets;
    },
    holder: { ...ownHolder(undefined), session: randomUUID() },
    invoke: (functionName, payload, signal) =>
      invokeEvent({
        ...{ functionName, payload, region, credentials, http, clock, signal },
        remedies: {
          denied:
            'attach the module’s output developer_policy_json of the last apply to that principal: it allows this since the module has a tunnel',
          missing: 'terraform apply the module with its variable tunnel; check --stage, --name and --region',
        },
      }),
    carriesAscii: () => {
      ascii ??= carriesAscii({ ...relay, http, clock });
      return ascii;
    },
    explain,
    agentFor: (to) => proxyAgent(to, 'bulk'),
    clock,
  };
}

async function openSecrets(
  asked: Promise<StageSecret | undefined>,
  read: () => Promise<StageSecret | undefined>,
): Promise<StageSecrets> {
  const initial = await asked;
  if (initial === undefined)
    throw new LiveDebugError(
      'LD_STAGE',
      'the stage has no secret, without which its tunnel can’t be trusted',
      {
        remedy: 'apply the Terraform module again: it writes the secret beside the manifest',
      },
    );
  return new StageSecrets({ initial, read, clock: systemClock });
}
