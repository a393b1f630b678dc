// Unpacks the AWS SDK's knowledge of credentials when it is first needed.
import code from 'embedded:aws-credentials.cjs';
import { runEmbedded } from './run-embedded.ts';

type AwsCredentialsModule = typeof import('./aws-credentials.ts');

let loaded: AwsCredentialsModule | undefined;

/** The module aws-credentials.ts. */
export function loadAwsCredentials(): AwsCredentialsModule {
  loaded ??= runEmbedded(code, 'livectl-aws-credentials.cjs') as AwsCredentialsModule;
  return loaded;
}
