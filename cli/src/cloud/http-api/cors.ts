// The HTTP API: the CORS settings of a function URL, which Lambda applies itself.
import type { IncomingMessage } from 'node:http';
import type { Triggers } from '../../manifest/trigger-schema.ts';
import type { FrontResponse } from './http-response.ts';

type Cors = NonNullable<NonNullable<Triggers['function_url']>['cors']>;

/** Lambda's own answer to a preflight request; the function is not invoked. */
export function preflightResponse(cors: Cors, request: IncomingMessage): FrontResponse | undefined {
  const { origin, 'access-control-request-method': method } = request.headers;
  if (request.method !== 'OPTIONS' || origin === undefined || method === undefined) return undefined;
  const { allow_methods, allow_headers, max_age } = cors;
  const headers = {
    ...corsHeaders(cors, request),
    ...listed('access-control-allow-methods', allow_methods),
    ...listed('access-control-allow-headers', allow_headers),
    ...(max_age === undefined ? {} : { 'access-control-max-age': String(max_age) }),
  };
  return { status: 200, headers: isAllowed(cors, origin) ? headers : {}, body: '' };
}

/** Headers of every other response; they override the function's. */
export function corsHeaders(cors: Cors, request: IncomingMessage): Record<string, string> {
  const { origin } = request.headers;
  if (origin === undefined || !isAllowed(cors, origin)) return {};
  return {
    'access-control-allow-origin':
      cors.allow_origins?.includes('*') && !cors.allow_credentials ? '*' : origin,
    vary: 'Origin',
    ...(cors.allow_credentials ? { 'access-control-allow-credentials': 'true' } : {}),
    ...listed('access-control-expose-headers', cors.expose_headers),
  };
}

function isAllowed({ allow_origins = [] }: Cors, origin: string): boolean {
  return allow_origins.some((allowed) => allowed === '*' || allowed.toLowerCase() === origin.toLowerCase());
}

function listed(name: string, values: readonly string[] | undefined): Record<string, string> {
  return values === undefined || values.length === 0 ? {} : { [name]: values.join(',') };
}
