// Explains a service's refusal to the person at the terminal: one clear error with its remedy.

import { firstLine, LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { explainCredentials } from '../aws/explain-credentials.ts';

/** The call, as the error names it. */
export interface RefusedCall {
  /** As in an IAM policy, e.g. `sns:Publish`. */
  readonly action: string;
  /** An ARN, or a name. */
  readonly resource: string;
  readonly region: string;
  readonly profile: string | undefined;
}

/** Each service has its own error for a missing resource. */
const notFound =
  /^(NotFound(Exception)?|ResourceNotFoundException|NoSuchBucket|QueueDoesNotExist|AWS\.SimpleQueueService\.NonExistentQueue)$/;
/** SNS returns AuthorizationError; S3 and EventBridge AccessDenied; a KMS key may refuse as well. */
const denied = /^(AuthorizationError(Exception)?|AccessDenied(Exception)?|KMSAccessDenied(Exception)?)$/;

/** Returns the error to show instead of what the AWS SDK threw. */
export function explainRefusal(error: unknown, call: RefusedCall): unknown {
  if (error instanceof LiveDebugError) return error;
  const { action, profile, region, resource } = call;
  const { name = '', $metadata } = error as {
    readonly name?: string;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  const said = firstLine(messageOf(error));
  const words = said === '' ? name : said;
  if (notFound.test(name)) {
    return new LiveDebugError('LD_RESOURCE', `there is no ${resource} in ${region}: ${words}`, {
      remedy:
        'apply the module again; what it publishes to is what the last apply wrote into the stage’s table',
      cause: error,
    });
  }
  if (denied.test(name)) {
    return new LiveDebugError('LD_PERMISSION', `AWS refuses ${action} on ${resource}: ${words}`, {
      remedy: `allow ${action} on ${resource} for that principal, or use another one with --profile`,
      cause: error,
    });
  }
  const credentials = explainCredentials(name, words, profile, error);
  if (credentials) return credentials;
  if ($metadata?.httpStatusCode !== undefined) {
    return new LiveDebugError('LD_PUBLISH', `${action} on ${resource} failed: ${name}: ${words}`, {
      remedy: 'fix what the message names, or try again',
      cause: error,
    });
  }
  return new LiveDebugError('LD_PUBLISH', `${action} on ${resource} got no answer: ${words}`, {
    remedy: 'check the Region, the network, HTTPS_PROXY and AWS_ENDPOINT_URL',
    cause: error,
  });
}
