// Authorization by tokens in the HTTP API: what API Gateway's JWT authorizer checks, against the issuer's own keys.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '../../../../protocol/clock.ts';
import type { Admission } from './admission.ts';
import { messageResponse } from './http-response.ts';
import type { IssuerKeys } from './issuer-keys.ts';

interface JwtOptions {
  readonly issuer: string;
  readonly audience: readonly string[];
  /** A token must have one of them; if empty, any token of the issuer is accepted. */
  readonly scopes: readonly string[];
  readonly keys: IssuerKeys;
  readonly clock: Pick<Clock, 'now'>;
}

/** RSA only, as on AWS. */
const algorithms = ['RS256', 'RS384', 'RS512'];

/** Why a token is refused, in words that its sender may read. */
class Refused extends Error {}

export class JwtAuthorizer {
  readonly #options: JwtOptions;

  constructor(options: JwtOptions) {
    this.#options = options;
  }

  /** `authorization` is the header: a token, with or without `Bearer`. Never rejects. */
  async admit(authorization: string | undefined): Promise<Admission> {
    const token = (authorization ?? '').replace(/^Bearer +/i, '').trim();
    if (token === '') return unauthorized();
    const { scopes: wanted } = this.#options;
    let claims: JWTPayload;
    try {
      claims = await this.#verified(token);
    } catch (error) {
      return unauthorized(reasonOf(error));
    }
    const had = scopesOf(claims);
    if (wanted.length > 0 && !wanted.some((scope) => had.includes(scope))) return insufficientScope(wanted);
    const jwt = { claims: claimTexts(claims), scopes: wanted.length > 0 ? wanted : null };
    return { admitted: true, authorizer: { jwt } };
  }

  async #verified(token: string): Promise<JWTPayload> {
    const { audience, clock, issuer, keys } = this.#options;
    if (decodeProtectedHeader(token).kid === undefined) throw new Refused('the token has no kid header');
    const now = clock.now();
    const { payload } = await jwtVerify(token, keys.keyFor, {
      algorithms,
      issuer,
      currentDate: new Date(now),
      requiredClaims: ['exp'],
    });
    if (payload.iat !== undefined && payload.iat > now / 1000)
      throw new Refused('the token is issued in the future');
    const { aud, client_id: client } = payload;
    const given = aud === undefined ? [client] : [aud].flat();
    if (!given.some((each) => typeof each === 'string' && audience.includes(each)))
      throw new Refused('the token does not have a valid audience');
    return payload;
  }
}

function scopesOf({ scope, scp }: JWTPayload): readonly unknown[] {
  const given = scope ?? scp;
  return typeof given === 'string' ? given.split(' ') : [given].flat();
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired';
  if (error instanceof errors.JWTClaimValidationFailed)
    return `the token's ${error.claim} claim is not accepted`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return "the token's signature is not valid";
  if (error instanceof errors.JWKSNoMatchingKey) return 'the issuer has no key of that kid';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'the token is not signed by RSA';
  return error instanceof Refused || error instanceof errors.JOSEError
    ? error.message
    : `the issuer's keys can't be read: ${error instanceof Error ? error.message : error}`;
}

function unauthorized(reason?: string): Admission {
  const error =
    reason === undefined ? '' : ` scope="" error="invalid_token" error_description="${quotable(reason)}"`;
  return refused(401, 'Unauthorized', `Bearer${error}`);
}

function insufficientScope(wanted: readonly string[]): Admission {
  const scope = quotable(wanted.join(' '));
  const description = 'the token does not have a scope of the route';
  return refused(
    403,
    'Forbidden',
    `Bearer scope="${scope}" error="insufficient_scope" error_description="${description}"`,
  );
}

function refused(status: number, message: string, challenge: string): Admission {
  const answer = messageResponse(status, message);
  return {
    admitted: false,
    answer: { ...answer, headers: { ...answer.headers, 'www-authenticate': challenge } },
  };
}

/** Removes what would end the quotes or the header. */
function quotable(text: string): string {
  return text.replace(/[^ !#-[\]-~]/g, ' ');
}

/** Claims reach a function as strings: numbers and booleans as in JSON, an array as `[a b]`, an object as `map[a:1]`. */
function claimTexts(claims: JWTPayload): Record<string, string> {
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, claimText(value)]));
}

function claimText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(claimText).join(' ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.entries(value).map(([name, field]) => `${name}:${claimText(field)}`);
  return `map[${fields.sort().join(' ')}]`;
}
