// The manifest of a stage as directory.tf of the Terraform module writes it into the table: livectl.json, and where all of it
// is. For the local cloud; stage-manifest.ts reads it.
import type { FunctionText } from './manifest-schema.ts';
import type { TriggerTargets } from './trigger-targets.ts';
import { localTunnelOf, localTunnels, type TunnelText } from './tunnel-settings.ts';

/** What is created for a stage. */
export interface StageFacts {
  readonly stage: string;
  readonly region: string;
  readonly accountId: string;
  readonly relayUrl: string;
  readonly tableName: string;
  /** SHA-256 of the stub's package in base64. */
  readonly stubSha256: string;
  /** As of a stage named for production with `allow_observe`. */
  readonly isObserveOnly?: boolean | undefined;
  readonly functionArn: (name: string) => string;
  /** By function. */
  readonly targets: ReadonlyMap<string, TriggerTargets>;
  /** `tunnel` of livectl.json. */
  readonly tunnel?: TunnelText | undefined;
}

/** `functions` by name, with defaults. Functions are called as they are named: `function_name` is for AWS. JSON text. */
export function stageDocument(functions: Readonly<Record<string, FunctionText>>, facts: StageFacts): string {
  const {
    accountId,
    functionArn,
    isObserveOnly,
    region,
    relayUrl,
    stage,
    stubSha256,
    tableName,
    targets,
    tunnel,
  } = facts;
  const tunnels = [...localTunnels(tunnel, tableName)].map(
    ([name, { allow, functionName }]) => [name, { function_name: functionName, allow }] as const,
  );
  return JSON.stringify({
    version: 1,
    stage,
    region,
    account_id: accountId,
    relay: { url: relayUrl },
    table: tableName,
    stub: { code_sha256: stubSha256, understands: ['filters', 'observe'] },
    observe_only: isObserveOnly ? true : undefined,
    functions: Object.fromEntries(
      Object.entries(functions).map(([name, text]) => [
        name,
        {
          function_name: name,
          function_arn: functionArn(name),
          handler: text.handler,
          runtime: text.runtime,
          timeout: text.timeout,
          memory_size: text.memory_size,
          source_dir: text.source_dir,
          build: text.build,
          command: text.command,
          python: text.python,
          esbuild: text.esbuild,
          layers: text.layers,
          layer_dirs: text.layer_dirs,
          watch: text.watch,
          // Nothing of a VPC is looked up.
          vpc_config: text.vpc_config,
          tunnel: tunnels.length === 0 ? undefined : (localTunnelOf(text, tunnel) ?? false),
          mode: text.mode === 'wrap' ? text.mode : undefined,
          exec_wrapper: text.exec_wrapper,
          wrap_init: text.wrap_init,
          qualifier: text.qualifier,
          triggers: targets.get(name) ?? {},
        },
      ]),
    ),
    vpcs: [],
    tunnels: tunnels.length === 0 ? undefined : Object.fromEntries(tunnels),
  });
}
