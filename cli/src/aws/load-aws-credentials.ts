// Unpacks the AWS SDK's credential providers when they are first needed.
import code from 'embedded:aws-credentials.cjs';
import { runEmbedded } from './run-embedded.ts';

type AwsCredentialsModule = typeof import('./aws-credentials.ts');

let loaded: AwsCredentialsModule | undefined;

/** The exports of aws-credentials.ts. */
export function loadAwsCredentials(): AwsCredentialsModule {
  loaded ??= runEmbedded(code, 'livectl-aws-credentials.cjs') as AwsCredentialsModule;
  return loaded;
}
