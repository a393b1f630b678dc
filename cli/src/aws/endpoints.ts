// Where the services answer: AWS's hosts, or an emulator's by the variables every AWS tool honours.

/** The base URL of a service, e.g. `dynamodb` in `eu-west-1`. */
export function endpointOf(service: 'acm' | 'dynamodb' | 'lambda' | 'sts', region: string): string {
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return emulatorOf(service) ?? `https://${service}.${region}.${domain}`;
}

/** Whether the environment names another endpoint than AWS's for any service. */
export function hasEmulator(): boolean {
  return Object.entries(process.env).some(
    ([name, value]) => /^AWS_ENDPOINT_URL(_|$)/.test(name) && Boolean(value),
  );
}

/** The base URL that the environment names for a service; undefined where AWS itself is meant. */
export function emulatorOf(service: string): string | undefined {
  const own = process.env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`];
  return own || process.env.AWS_ENDPOINT_URL || undefined;
}
