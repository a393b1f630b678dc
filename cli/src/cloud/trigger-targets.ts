// What to publish to, by function, in the form of a stage's manifest from the Terraform module.
import type { TriggerTargets } from '../manifest/trigger-targets.ts';
import type { CloudFunction } from './cloud.ts';
import { sourceTargets } from './sources.ts';

/** Addresses in the targets. */
interface Addresses {
  readonly stage: string;
  readonly endpointUrl: string;
  /** Each function's URL on the HTTP front. */
  readonly functionUrls: ReadonlyMap<string, string>;
  /** The function URLs of those that have one. */
  readonly ownUrls: ReadonlyMap<string, string>;
}

export function triggerTargets(
  functions: readonly CloudFunction[],
  addresses: Addresses,
): ReadonlyMap<string, TriggerTargets> {
  const { stage, endpointUrl } = addresses;
  return new Map(
    functions.map((each) => [
      each.name,
      { ...httpTargets(each, addresses), ...sourceTargets(each, stage, endpointUrl) },
    ]),
  );
}

function httpTargets(
  { name, triggers: { http, function_url } }: CloudFunction,
  { functionUrls, ownUrls }: Addresses,
): TriggerTargets {
  const targets: TriggerTargets = {};
  const url = functionUrls.get(name);
  if (http !== undefined && url !== undefined) {
    const { authorization_type = 'NONE', method, path } = http;
    targets.http = { url, method, path: path ?? `/${name}`, authorization_type };
  }
  const ownUrl = ownUrls.get(name);
  if (function_url !== undefined && ownUrl !== undefined) {
    const { authorization_type, invoke_mode } = function_url;
    targets.function_url = { url: ownUrl, authorization_type, invoke_mode };
  }
  return targets;
}
