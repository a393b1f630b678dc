// The rules of `triggers` in livectl.json that a JSON schema can't express.
import { messageOf } from '../../../protocol/live-debug-error.ts';
import type { TriggerResource } from './sources/source.ts';
import type { TriggerKind } from './sources/sources.ts';
import { triggerFacts } from './trigger-facts.ts';
import type { Triggers } from './trigger-schema.ts';

/** Reports a mistake at a field below `triggers`. */
type Tell = (keys: readonly [string, string], text: string) => void;

/** Reports every mistake in the triggers of one function; `stubTimeout`: the timeout of its stub, in seconds. */
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
      tell([source, document], `is not valid JSON: ${messageOf(error)}`);
    }
  }
  for (const [source, declaration] of triggerFacts) {
    const trigger = triggers[source];
    if (trigger === undefined) continue;
    for (const [field, text] of declaration.mistakes?.(trigger, stubTimeout) ?? [])
      tell([source, field], text);
  }
}

/** Fields of a new resource can't be combined with the ARN of an existing one. */
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
        ? `is true, but ${arn} names an existing resource: remove one of them`
        : `is false, so ${arn} must name an existing resource`,
    );
  }
  if (!exists) return;
  for (const field of ofNew) {
    if (fields[field] !== undefined)
      tell([source, field], `is for a new resource, but ${arn} names an existing one: remove one of them`);
  }
}
