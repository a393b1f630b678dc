// The resources behind a function's triggers: what to publish to, on AWS and in the local cloud alike.
import * as v from 'valibot';

const optionalText = v.nullish(v.string());

/**
 * `functions[*].triggers` of a stage's manifest, written by the Terraform module (docs/terraform.md); the local cloud
 * makes the same of livectl.json. Fields that a later version of the module adds are passed over.
 */
export const triggerTargetsSchema = v.object({
  http: v.nullish(
    v.object({
      url: v.string(),
      method: v.nullish(v.string(), 'ANY'),
      path: optionalText,
      /** Missing where a module before 0.2 wrote it: its routes are open to everybody. */
      authorization_type: v.nullish(v.string(), 'NONE'),
    }),
  ),
  function_url: v.nullish(
    v.object({
      url: v.string(),
      authorization_type: v.nullish(v.string(), 'AWS_IAM'),
      invoke_mode: v.nullish(v.string(), 'BUFFERED'),
    }),
  ),
  sns: v.nullish(v.object({ topic_arn: v.string() })),
  sqs: v.nullish(
    v.object({ queue_url: v.string(), queue_arn: v.string(), dead_letter_queue_url: optionalText }),
  ),
  eventbridge: v.nullish(
    v.object({ event_bus_name: v.string(), event_pattern: v.string(), rule_arn: optionalText }),
  ),
  schedule: v.nullish(
    v.object({ schedule_expression: v.string(), rule_arn: v.string(), input: optionalText }),
  ),
  s3: v.nullish(
    v.object({
      bucket: v.string(),
      filter_prefix: optionalText,
      filter_suffix: optionalText,
      events: v.nullish(v.array(v.string())),
    }),
  ),
  dynamodb: v.nullish(
    v.object({
      table_name: v.string(),
      stream_arn: v.string(),
      /** Null where the table existed before. */
      hash_key: optionalText,
      range_key: optionalText,
    }),
  ),
  kinesis: v.nullish(v.object({ stream_name: v.string(), stream_arn: v.string() })),
});

/** Where one function's triggers are published to. */
export type TriggerTargets = v.InferOutput<typeof triggerTargetsSchema>;

/** A kind of event source: `http`, `sns`, ... */
export type TriggerSource = keyof TriggerTargets;

/** The kinds that a function has. */
export function sourcesOf(targets: TriggerTargets): TriggerSource[] {
  return (Object.keys(triggerTargetsSchema.entries) as TriggerSource[]).filter((source) => targets[source]);
}
