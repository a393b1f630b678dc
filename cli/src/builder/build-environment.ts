// The environment of programs that build: the developer's, without AWS keys, which no build needs and which a program named
// by a stage's manifest must not have.

/**
 * Keys, tokens, and addresses that hand them out. Names of profiles and files are kept: they are not secret, and a build that
 * logs in to a package registry on AWS needs them.
 */
const secrets =
  /^AWS_(ACCESS_KEY(_ID)?|SECRET_(ACCESS_)?KEY|SESSION_TOKEN|SECURITY_TOKEN|CREDENTIAL_EXPIRATION|CONTAINER_.*|WEB_IDENTITY_TOKEN_FILE|ROLE_ARN|ROLE_SESSION_NAME|BEARER_TOKEN_.*)$|^AMAZON_(ACCESS_KEY_ID|SECRET_ACCESS_KEY)$/i;

/** The same variables without AWS secrets. */
export function withoutAwsSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !secrets.test(name)));
}
