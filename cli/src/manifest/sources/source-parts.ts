// Schemas that the fields of several event sources share: enumerations, ARNs, names of new resources, JSON text, batches.
import * as v from 'valibot';
import { fields, flag, mustBe, type Refusal, text, texts, wholeNumber } from '../schema-parts.ts';

/** One of these words. */
export function oneOf<const Words extends readonly string[]>(words: Words) {
  const list = [words.slice(0, -1).join(', '), words.at(-1)].filter(Boolean).join(' or ');
  return v.picklist(words, (refusal: Refusal) => mustBe(list)(refusal));
}

/** `form` must be written as a literal (scripts/patterns.mjs). */
export function arn(service: string, form: RegExp, example: string) {
  return v.pipe(
    text,
    v.regex(
      form,
      ({ input }) => `${JSON.stringify(input)} is not an ARN of ${service}: write e.g. ${example}`,
    ),
  );
}

/** Part of a resource's name; the module puts its own name and the stage's before it. */
export const resourceName = v.pipe(
  text,
  v.regex(
    /^[a-zA-Z0-9_-]{1,64}$/,
    ({ input }) => `${JSON.stringify(input)} must be letters, digits, - and _, at most 64`,
  ),
);

/** JSON text of an object. ../trigger-rules.ts parses it. */
export const jsonObject = v.pipe(
  text,
  v.regex(/^\s*\{[\s\S]*\}\s*$/, 'must be a JSON object as a string: in Terraform jsonencode({ ... })'),
);

/** Before an apply, Terraform can't tell whether an ARN that is not known yet will be null. */
export const create = v.optional(
  v.pipe(
    flag,
    v.description(
      'false: the resource exists. Needed only if Terraform does not know its ARN before the apply.',
    ),
  ),
);

export const cors = v.pipe(
  fields({
    allow_origins: v.optional(texts),
    allow_methods: v.optional(texts),
    allow_headers: v.optional(texts),
    expose_headers: v.optional(texts),
    allow_credentials: v.optional(flag),
    max_age: v.optional(wholeNumber(0, 86_400, 'seconds')),
  }),
  v.description('Cross-origin resource sharing, as in aws_apigatewayv2_api and aws_lambda_function_url.'),
);

const startingPosition = v.optional(oneOf(['LATEST', 'TRIM_HORIZON']), 'LATEST');
/** Fields of every source whose records a function gets in batches, in order. */
export const recordBatch = {
  batch_size: v.optional(wholeNumber(1, 10_000, 'records'), 100),
  maximum_batching_window_in_seconds: v.optional(wholeNumber(0, 300, 'seconds'), 0),
  starting_position: startingPosition,
  maximum_retry_attempts: v.optional(
    v.pipe(
      wholeNumber(-1, 10_000, 'attempts'),
      v.description('Retries of a failed batch. -1: until it succeeds or its records expire.'),
    ),
    -1,
  ),
  bisect_batch_on_function_error: v.optional(flag, false),
  function_response_types: v.optional(v.array(oneOf(['ReportBatchItemFailures']), mustBe('an array')), []),
};

/** The values of those fields, with defaults. */
export type RecordBatch = v.InferOutput<v.ObjectSchema<typeof recordBatch, undefined>>;

/** A field of a target that a module may omit. */
export const optionalText = v.nullish(v.string());
