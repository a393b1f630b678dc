// Explains why AWS refused the credentials: the login, the keys or this machine's clock.
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';

/** The error to show for an AWS error of this `type`; undefined if it is not about credentials. */
export function explainCredentials(
  type: string,
  message: string,
  profile: string | undefined,
  cause: unknown,
): LiveDebugError | undefined {
  const login = `run: aws sso login${profile ? ` --profile ${profile}` : ''}`;
  switch (type) {
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'UnrecognizedClientException':
    case 'InvalidAccessKeyId':
    case 'InvalidClientTokenId':
    case 'InvalidToken':
    case 'MissingAuthenticationTokenException':
      return new LiveDebugError('LD_CREDENTIALS', `AWS does not accept the credentials: ${message}`, {
        remedy: login,
        cause,
      });
    case 'RequestTimeTooSkewed':
    case 'InvalidSignatureException':
    case 'SignatureDoesNotMatch': {
      if (type !== 'RequestTimeTooSkewed' && !/expired|not yet current/i.test(message)) {
        return new LiveDebugError('LD_CREDENTIALS', `AWS does not accept the signature: ${message}`, {
          remedy: `check the secret access key, or ${login}`,
          cause,
        });
      }
      return new LiveDebugError(
        'LD_CLOCK',
        `this machine’s clock differs from AWS’s by minutes: ${message}`,
        { remedy: 'set the clock, e.g. turn on network time', cause },
      );
    }
    default:
      return undefined;
  }
}
