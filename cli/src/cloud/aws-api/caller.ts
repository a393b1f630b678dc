// AWS's APIs: who calls a service, verified before anything is done.
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Principal, refusalOf } from './access.ts';
import { AwsError } from './aws-error.ts';
import { readBody } from './loopback-server.ts';
import type { SignatureFailure } from './sigv4-claim.ts';
import type { SigV4Verifier } from './sigv4-verify.ts';

/** Who signed a request. */
export class Caller {
  readonly principal: Principal;
  /** The X-Ray header that an SDK in a function sends along. */
  readonly trace: string | undefined;
  readonly sourceIp: string;

  constructor(principal: Principal, request: IncomingMessage) {
    this.principal = principal;
    const { 'x-amzn-trace-id': trace } = request.headers;
    this.trace = typeof trace === 'string' ? trace : undefined;
    this.sourceIp = request.socket.remoteAddress ?? '127.0.0.1';
  }

  /** A principal's unique id: the role's, and the session's name. */
  get id(): string {
    const [, role = '', session = ''] = this.principal.arn.split('/');
    const hash = createHash('sha256').update(role).digest('hex').slice(0, 17).toUpperCase();
    return `AROA${hash}:${session}`;
  }

  /** Throws IAM's error if no policy allows the action; `code` is the service's name for it. */
  allow(action: string, resource: string, code = 'AccessDeniedException'): void {
    const refusal = refusalOf(this.principal, action, resource);
    if (refusal !== undefined) {
      throw new AwsError(code, refusal, { status: code === 'AccessDeniedException' ? 400 : 403 });
    }
  }
}

/** A request with a valid signature. */
interface SignedRequest {
  readonly caller: Caller;
  readonly body: Buffer;
}

/** An invalid signature, by the name in AWS's newer protocols. */
export class SignatureError extends Error {
  readonly failure: SignatureFailure;

  constructor(failure: SignatureFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** Throws a SignatureError, and an AwsError for a body over `limit` bytes. */
export async function readSigned(
  request: IncomingMessage,
  verifier: SigV4Verifier,
  service: string,
  limit: number,
): Promise<SignedRequest> {
  const { method = '', url = '', headers } = request;
  const body = await readBody(request, limit);
  if (!body)
    throw new AwsError('RequestEntityTooLarge', `The request is over ${limit} bytes`, { status: 413 });
  const verified = verifier.verify({ method, url, headers }, service, body, {
    anyRegion: true,
    s3: service === 's3',
  });
  if (!verified.ok) throw new SignatureError(verified.failure, verified.message);
  return { caller: new Caller(verified.principal, request), body };
}
