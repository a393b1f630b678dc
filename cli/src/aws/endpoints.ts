// Endpoints of AWS services: AWS's own, or an emulator's from the environment variables that every AWS tool honours.

/** The base URL of a service, e.g. `dynamodb` in `eu-west-1`. */
export function endpointOf(service: 'acm' | 'dynamodb' | 'lambda' | 'sts', region: string): string {
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return emulatorOf(service) ?? `https://${service}.${region}.${domain}`;
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
