// What programs that build see of the developer's environment: all of it but the keys to AWS, which no build needs and
// which a program that a stage's manifest names must not have.

/**
 * Keys, tokens, and where a process gets them for the asking. Not the names of profiles and files: they are no secrets,
 * and a build that logs in to a package registry of AWS needs them.
 */
const secrets =
  /^AWS_(ACCESS_KEY(_ID)?|SECRET_(ACCESS_)?KEY|SESSION_TOKEN|SECURITY_TOKEN|CREDENTIAL_EXPIRATION|CONTAINER_.*|WEB_IDENTITY_TOKEN_FILE|ROLE_ARN|ROLE_SESSION_NAME|BEARER_TOKEN_.*)$|^AMAZON_(ACCESS_KEY_ID|SECRET_ACCESS_KEY)$/i;

/** The same variables without secrets of AWS. */
export function withoutAwsSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !secrets.test(name)));
}
