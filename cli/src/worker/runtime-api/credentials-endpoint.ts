// [5] The execution role's credentials for a program whose variables cannot be changed while it runs: served beside its Runtime
// API, at an endpoint like a container's, which AWS SDKs query.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../../protocol/clock.ts';

/** The execution role's credentials from a function's variables. */
export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

const path = '/livectl/credentials';

/**
 * The announced expiry of an answer, in milliseconds from now, so that SDKs ask again before long: those for JavaScript, Go and
 * Ruby 5 minutes before it, the one for Java 1 minute, botocore 10, and so with each request that it signs.
 */
const answerExpiresMs = 6 * 60_000;

/**
 * Answers as AWS's container credentials provider expects it; see
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export class CredentialsEndpoint {
  readonly #token = randomBytes(32).toString('base64url');
  readonly #clock: Clock;
  #credentials: RoleCredentials;

  constructor(credentials: RoleCredentials, clock: Clock) {
    this.#credentials = credentials;
    this.#clock = clock;
  }

  /** The variables for the program's SDK; `address` is that of its Runtime API. */
  variables(address: string): Record<string, string> {
    return {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://${address}${path}`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: this.#token,
    };
  }

  /** Sets the credentials of later answers. */
  renew(credentials: RoleCredentials): void {
    this.#credentials = credentials;
  }

  /** Answers a request for its own path; returns false for any other. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.method !== 'GET' || request.url !== path) return false;
    if (!this.#isAuthorized(request.headers.authorization)) {
      const message = 'The Authorization header is not AWS_CONTAINER_AUTHORIZATION_TOKEN';
      answer(response, 401, { code: 'Unauthorized', message });
      return true;
    }
    const { accessKeyId, secretAccessKey, sessionToken } = this.#credentials;
    answer(response, 200, {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      Token: sessionToken,
      Expiration: new Date(this.#clock.now() + answerExpiresMs).toISOString(),
    });
    return true;
  }

  #isAuthorized(given = ''): boolean {
    const [wanted, got] = [Buffer.from(this.#token), Buffer.from(given)];
    return wanted.length === got.length && timingSafeEqual(wanted, got);
  }
}

function answer(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
  });
  response.end(body);
}
