// Endpoints of AWS services: AWS's own, or an emulator's from the environment variables that every AWS tool honours.

/** The base URL of a service, e.g. `dynamodb` in `eu-west-1`. */
export function endpointOf(service: 'acm' | 'dynamodb' | 'iam' | 'lambda' | 'sts', region: string): string {
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const emulator = emulatorOf(service);
  if (emulator !== undefined) return emulator;
  if (service === 'iam') return `https://${iamHost(region)}`;
  return `https://${service}.${region}.${domain}`;
}

/** IAM has one endpoint in each partition. https://docs.aws.amazon.com/general/latest/gr/iam-service.html */
function iamHost(region: string): string {
  if (region.startsWith('cn-')) return 'iam.cn-north-1.amazonaws.com.cn';
  return region.startsWith('us-gov-') ? 'iam.us-gov.amazonaws.com' : 'iam.amazonaws.com';
}

/** The Region for which calls of IAM are signed. */
export function iamRegion(region: string): string {
  if (region.startsWith('cn-')) return 'cn-north-1';
  return region.startsWith('us-gov-') ? 'us-gov-west-1' : 'us-east-1';
}

/** Whether the environment sets another endpoint than AWS's for any service. */
export function hasEmulator(): boolean {
  return Object.entries(process.env).some(
    ([name, value]) => /^AWS_ENDPOINT_URL(_|$)/.test(name) && Boolean(value),
  );
}

/** The base URL that the environment sets for a service; undefined for AWS itself. */
export function emulatorOf(service: string): string | undefined {
  const own = process.env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`];
  return own || process.env.AWS_ENDPOINT_URL || undefined;
}
