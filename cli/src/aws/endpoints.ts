// Where the services answer: AWS's hosts, or an emulator's by the variables every AWS tool honours.

/** The base URL of a service, e.g. `dynamodb` in `eu-west-1`. */
export function endpointOf(service: 'acm' | 'dynamodb' | 'lambda' | 'sts', region: string): string {
  const own = process.env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`];
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return own || process.env.AWS_ENDPOINT_URL || `https://${service}.${region}.${domain}`;
}
