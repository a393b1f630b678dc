// A route of an HTTP API.
import * as v from 'valibot';
import { fields, mustBe, text, texts, wholeNumber } from '../schema-parts.ts';
import { declareSource } from './source.ts';
import { cors, oneOf, optionalText } from './source-parts.ts';

/** API Gateway requires https. Plain HTTP is for an issuer on this machine, in a local stage. */
const issuerUrl = /^(https:\/\/[^/?#\s]+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?)(\/[^?#\s]*)?$/;

export const http = declareSource({
  title: 'HTTP',
  trigger: v.pipe(
    fields({
      path: v.optional(
        v.pipe(
          text,
          v.regex(/^\//, ({ input }) => `${JSON.stringify(input)} must start with /`),
          v.description(
            'Path of the HTTP API route, e.g. /orders/{id}. The last segment may be {proxy+}. Default: /<function> and everything below it.',
          ),
        ),
      ),
      method: v.optional(
        v.pipe(
          oneOf(['ANY', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']),
          v.description('HTTP method of the route, in capitals.'),
        ),
        'ANY',
      ),
      authorization_type: v.optional(
        v.pipe(
          oneOf(['NONE', 'AWS_IAM', 'JWT']),
          v.description(
            'NONE: anybody on the internet who has the URL can call it, and so runs code on the laptop that serves the stage. AWS_IAM: signed requests only. JWT: requests with a token that jwt_configuration accepts. Default: NONE.',
          ),
        ),
      ),
      jwt_configuration: v.optional(
        v.pipe(
          fields({
            issuer: v.pipe(
              text,
              v.regex(
                issuerUrl,
                ({ input }) =>
                  `${JSON.stringify(input)} must be an https URL, e.g. https://login.example.com`,
              ),
              v.description(
                'URL of the issuer, as in the tokens. It must publish /.well-known/openid-configuration. http is accepted only for an issuer on this machine, with serve --local.',
              ),
            ),
            audience: v.pipe(
              texts,
              v.minLength(1, 'must have an audience'),
              // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
              v.maxLength(50, 'must have at most 50 audiences'),
              v.description('Accepted values of aud, or of client_id if a token has no aud.'),
            ),
          }),
          v.description('The tokens that JWT accepts.'),
        ),
      ),
      authorization_scopes: v.optional(
        v.pipe(
          texts,
          v.maxLength(10, 'must have at most 10 scopes'),
          v.description('With JWT: scopes of which the token must have at least one.'),
        ),
      ),
      throttling_rate_limit: v.optional(
        v.pipe(
          v.number(mustBe('a number')),
          v.minValue(1, ({ input }) => `${input} is less than 1 request per second`),
          v.maxValue(10_000, ({ input }) => `${input} is more than 10000 requests per second`),
          v.description(
            'Requests per second that the route accepts on average. Further requests get status 429. Default on AWS: 50. serve --local has no default limit.',
          ),
        ),
      ),
      throttling_burst_limit: v.optional(
        v.pipe(
          wholeNumber(1, 5000, 'requests'),
          v.description('Requests that the route accepts at once. Default on AWS: 100.'),
        ),
      ),
      cors: v.optional(cors),
    }),
    v.description('A route of the stage’s HTTP API.'),
  ),
  target: v.object({
    url: v.string(),
    method: v.nullish(v.string(), 'ANY'),
    path: optionalText,
    /** Modules before 0.2 don't write it: their routes are open to everybody. */
    authorization_type: v.nullish(v.string(), 'NONE'),
  }),
  mistakes({ authorization_scopes, authorization_type = 'NONE', jwt_configuration }) {
    if (authorization_type === 'JWT') {
      if (jwt_configuration !== undefined) return [];
      const example = '{"issuer":"https://login.example.com","audience":["orders"]}';
      return [
        ['jwt_configuration', `is required with authorization_type "JWT": write e.g. ${example}`] as const,
      ];
    }
    return Object.entries({ jwt_configuration, authorization_scopes })
      .filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0))
      .map(([field]) => [field, `needs authorization_type "JWT", not "${authorization_type}"`] as const);
  },
});
