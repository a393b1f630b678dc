// Credentials and Region of a bench's peer, which runs as its own process.
import type { AwsCredentials } from '../../protocol/signature.ts';

/** From the variables that AWS's tools read; empty where one is not set. */
export function peerCredentials(): { readonly credentials: AwsCredentials; readonly region: string } {
  const { env } = process;
  return {
    credentials: {
      accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
      sessionToken: env.AWS_SESSION_TOKEN ?? '',
    },
    region: env.AWS_REGION ?? '',
  };
}
