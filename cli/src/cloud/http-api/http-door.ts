// Authorization in the HTTP API: which requests a route accepts, by the limits and the authorization of its trigger.
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../../../protocol/clock.ts';
import type { HttpClient } from '../../../../protocol/http-client.ts';
import type { Triggers } from '../../manifest/trigger-schema.ts';
import { httpApiArn, iamAuthorizer, refusalOf } from '../aws-api/access.ts';
import type { SigV4Verifier } from '../aws-api/sigv4-verify.ts';
import type { CloudFunction } from '../cloud.ts';
import type { Admission } from './admission.ts';
import { splitUrl } from './http-event.ts';
import { type FrontResponse, messageResponse } from './http-response.ts';
import { IssuerKeys } from './issuer-keys.ts';
import { JwtAuthorizer } from './jwt-authorizer.ts';
import { Throttle } from './throttle.ts';

type Http = NonNullable<Triggers['http']>;

const forbidden: Admission = { admitted: false, answer: messageResponse(403, 'Forbidden') };
const throttled = messageResponse(429, 'Too Many Requests');

/** The module's default for a route that sets only one of the limits; see triggers-http.tf. */
const defaultRate = 50;
const defaultBurst = 100;

interface DoorOptions {
  readonly functions: readonly CloudFunction[];
  readonly verifier: SigV4Verifier;
  readonly clock: Clock;
  /** To ask issuers of tokens for their keys. */
  readonly http: Pick<HttpClient, 'send'>;
}

export class HttpDoor {
  readonly #verifier: SigV4Verifier;
  readonly #routes: ReadonlyMap<string, { readonly http: Http; readonly jwt: JwtAuthorizer | undefined }>;
  /** By route key, since each route has its own limits. */
  readonly #throttles = new Map<string, Throttle>();
  readonly #clock: Clock;

  constructor({ functions, verifier, clock, http: client }: DoorOptions) {
    this.#verifier = verifier;
    this.#clock = clock;
    this.#routes = new Map(
      functions.flatMap(({ name, triggers: { http } }) =>
        http === undefined ? [] : [[name, { http, jwt: jwtOf(http, clock, client) }]],
      ),
    );
  }

  /** The first check, before a body is read. */
  refuse(functionName: string, routeKey: string): FrontResponse | undefined {
    const http = this.#routes.get(functionName)?.http;
    const { throttling_burst_limit: burst, throttling_rate_limit: rate } = http ?? {};
    // A route without its own limits has none on this machine: the default is against callers on the internet.
    if (burst === undefined && rate === undefined) return undefined;
    let throttle = this.#throttles.get(routeKey);
    if (throttle === undefined) {
      throttle = new Throttle(rate ?? defaultRate, burst ?? defaultBurst, this.#clock);
      this.#throttles.set(routeKey, throttle);
    }
    return throttle.take() ? undefined : throttled;
  }

  /** Whether the route's authorization accepts the request. */
  async admit(functionName: string, request: IncomingMessage, body: Buffer): Promise<Admission> {
    const route = this.#routes.get(functionName);
    switch (route?.http.authorization_type) {
      case 'AWS_IAM':
        return this.#admitSigned(request, body);
      case 'JWT':
        return route.jwt ? route.jwt.admit(request.headers.authorization) : forbidden;
      default:
        return { admitted: true };
    }
  }

  #admitSigned({ headers, method = 'GET', url = '/' }: IncomingMessage, body: Buffer): Admission {
    const verified = this.#verifier.verify({ method, url, headers }, 'execute-api', body);
    if (!verified.ok) return forbidden;
    const [path] = splitUrl(url);
    const denied = refusalOf(verified.principal, 'execute-api:Invoke', httpApiArn(method + path));
    return denied === undefined
      ? { admitted: true, authorizer: iamAuthorizer(verified.principal) }
      : forbidden;
  }
}

function jwtOf(
  { authorization_scopes: scopes = [], jwt_configuration: configuration }: Http,
  clock: Clock,
  client: Pick<HttpClient, 'send'>,
): JwtAuthorizer | undefined {
  if (configuration === undefined) return undefined;
  const keys = new IssuerKeys(configuration.issuer, client, clock);
  return new JwtAuthorizer({ ...configuration, scopes, keys, clock });
}
