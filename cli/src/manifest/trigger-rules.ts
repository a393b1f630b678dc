// The rules of `triggers` in livectl.json that a JSON schema can't say.
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { type TriggerKind, type TriggerResource, triggerFacts } from './trigger-facts.ts';
import type { Triggers } from './trigger-schema.ts';

/** Tells a mistake at a field below `triggers`. */
type Tell = (keys: readonly [string, string], text: string) => void;

/** Tells every mistake in the triggers of one function; `stubTimeout` is what its stub gets, in seconds. */
export function checkTriggers(triggers: Triggers, stubTimeout: number, tell: Tell): void {
  for (const [source, { resource }] of triggerFacts) {
    const fields: Readonly<Record<string, unknown>> = triggers[source] ?? {};
    if (resource !== undefined) checkResource(source, fields, resource, tell);
  }
  for (const [source, { document }] of triggerFacts) {
    const fields: Readonly<Record<string, unknown>> = triggers[source] ?? {};
    const json = document === undefined ? undefined : fields[document];
    if (document === undefined || typeof json !== 'string') continue;
    try {
      JSON.parse(json);
    } catch (error) {
      tell([source, document], `is no JSON: ${messageOf(error)}`);
    }
  }
  const { dynamodb, http, sqs, s3 } = triggers;
  if (http !== undefined) checkAuthorization(http, tell);
  // https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html (BatchSize)
  if (sqs?.fifo_queue && (sqs.batch_size > 10 || sqs.maximum_batching_window_in_seconds > 0)) {
    tell(['sqs', 'fifo_queue'], 'takes a batch_size up to 10 and no maximum_batching_window_in_seconds');
  } else if (sqs !== undefined && sqs.batch_size > 10 && sqs.maximum_batching_window_in_seconds === 0) {
    tell(['sqs', 'batch_size'], 'above 10 needs a maximum_batching_window_in_seconds of at least 1');
  }
  const { visibility_timeout_seconds: visibility } = sqs ?? {};
  if (visibility !== undefined && visibility < stubTimeout) {
    const words = `must be at least ${stubTimeout}, the stub's timeout, since Lambda refuses less: leave it out for six times as much`;
    tell(['sqs', 'visibility_timeout_seconds'], words);
  }
  if (dynamodb?.range_key !== undefined && dynamodb.range_key === dynamodb.hash_key)
    tell(['dynamodb', 'range_key'], 'must differ from hash_key');
  if (s3 !== undefined && (s3.events.length === 0 || s3.events.some((event) => !event.startsWith('s3:')))) {
    tell(['s3', 'events'], 'must name events of S3, e.g. s3:ObjectCreated:*');
  }
}

/** What is for a new resource and what is for one that exists exclude each other. */
function checkResource(
  source: TriggerKind,
  fields: Readonly<Record<string, unknown>>,
  { arn, ofNew }: TriggerResource,
  tell: Tell,
): void {
  const exists = fields[arn] !== undefined;
  if (fields.create === exists) {
    tell(
      [source, 'create'],
      exists
        ? `is true, but ${arn} names a resource that exists: leave one out`
        : `is false, so ${arn} must name the resource that exists`,
    );
  }
  if (!exists) return;
  for (const field of ofNew) {
    if (fields[field] !== undefined)
      tell([source, field], `is for a new resource, and ${arn} names one that exists: leave one out`);
  }
}

function checkAuthorization(http: NonNullable<Triggers['http']>, tell: Tell): void {
  const { authorization_scopes, authorization_type = 'NONE', jwt_configuration } = http;
  if (authorization_type === 'JWT') {
    if (jwt_configuration === undefined) {
      const example = '{"issuer":"https://login.example.com","audience":["orders"]}';
      tell(['http', 'jwt_configuration'], `is required with authorization_type "JWT": write e.g. ${example}`);
    }
    return;
  }
  for (const [field, value] of Object.entries({ jwt_configuration, authorization_scopes })) {
    if (value !== undefined && !(Array.isArray(value) && value.length === 0))
      tell(['http', field], `needs authorization_type "JWT", not "${authorization_type}"`);
  }
}
