// Checks the address of a stage's relay, since livectl signs requests to it with the developer's credentials.
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';

/** Domains of AWS's partitions, by the beginning of their Regions; https://docs.aws.amazon.com/general/latest/gr/apigateway.html */
const domains: readonly (readonly [string, string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['us-isof-', 'csp.hci.ic.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
  ['us-iso-', 'c2s.ic.gov'],
];

/** The domain of the services in a Region, e.g. `amazonaws.com`. */
export function domainOf(region: string): string {
  return domains.find(([start]) => region.startsWith(start))?.[1] ?? 'amazonaws.com';
}

/** Where requests signed with the developer's credentials go. */
export interface SigningRegion {
  readonly region: string;
  /** The environment sets another endpoint than AWS's. */
  readonly isEmulated: boolean;
}

/** Throws LD_UNTRUSTED unless the relay is API Gateway in this Region, over TLS. An emulator's may be anywhere. */
export function checkRelayUrl(stage: string, relayUrl: string, { isEmulated, region }: SigningRegion): void {
  if (isEmulated) return;
  const url = new URL(relayUrl);
  const domain = domainOf(region);
  const [apiId = '', ...rest] = url.hostname.split('.');
  const isApi = /^[a-z0-9]{1,32}$/.test(apiId) && rest.join('.') === `execute-api.${region}.${domain}`;
  const isPlain = url.port === '' && url.username === '' && url.password === '';
  if (isApi && isPlain && (url.protocol === 'https:' || url.protocol === 'wss:')) return;
  const expected = `https://API_ID.execute-api.${region}.${domain}`;
  throw new LiveDebugError(
    'LD_UNTRUSTED',
    `the manifest of stage ${stage} names a relay at ${url.protocol}//${url.host}, not at ${expected}`,
    {
      remedy:
        'check --region, and who can write the stage’s table; terraform apply restores it. For an emulator set AWS_ENDPOINT_URL',
    },
  );
}
