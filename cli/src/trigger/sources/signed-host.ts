// For which hosts `livectl trigger` signs requests: a signature carries the session token of the developer's credentials.
import { LiveDebugError } from '../../../../protocol/live-debug-error.ts';
import { domainOf, type SigningRegion } from '../../manifest/relay-url.ts';

/** Services with signed requests, by the second label of AWS's host names. */
export type SignedService = 'execute-api' | 'lambda-url';

/**
 * Throws LD_UNTRUSTED unless the URL in the stage's manifest is AWS's in this Region, over TLS. The local cloud and an emulator may
 * be anywhere.
 */
export function checkSignedHost(
  url: URL,
  service: SignedService,
  { isEmulated, region }: SigningRegion,
): void {
  if (isEmulated || url.hostname === '127.0.0.1' || url.hostname === 'localhost') return;
  const domain = service === 'execute-api' ? domainOf(region) : urlDomainOf(region);
  const [id = '', ...rest] = url.hostname.split('.');
  const isAws = /^[a-z0-9]{1,64}$/.test(id) && rest.join('.') === `${service}.${region}.${domain}`;
  if (isAws && url.protocol === 'https:' && url.port === '') return;
  throw new LiveDebugError(
    'LD_UNTRUSTED',
    `the stage's manifest names ${url.protocol}//${url.host}, which is not https://ID.${service}.${region}.${domain}: the request is not signed`,
    { remedy: 'check --region, and who can write the stage’s table. For an emulator set AWS_ENDPOINT_URL' },
  );
}

/** https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html and the page of Amazon Web Services China. */
function urlDomainOf(region: string): string {
  return region.startsWith('cn-') ? 'on.amazonwebservices.com.cn' : 'on.aws';
}
