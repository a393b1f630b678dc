// The environment of a developer whose AWS is an embedded cloud: endpoint, Region and credentials, nothing of this machine's.
import type { Cloud } from '../../src/cloud/cloud.ts';

export function developerEnvironment(
  cloud: Pick<Cloud, 'developerCredentials' | 'endpointUrl' | 'region'>,
): Record<string, string> {
  const { accessKeyId, secretAccessKey, sessionToken } = cloud.developerCredentials;
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_REGION: cloud.region,
    AWS_ENDPOINT_URL: cloud.endpointUrl,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
