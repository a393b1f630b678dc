// What the fields of several event sources share: words, ARNs, names of new resources, JSON as text, batches of records.
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
    v.regex(form, ({ input }) => `${JSON.stringify(input)} is no ARN of ${service}: write e.g. ${example}`),
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

/** JSON text that holds an object; ../trigger-rules.ts parses it. */
export const jsonObject = v.pipe(
  text,
  v.regex(/^\s*\{[\s\S]*\}\s*$/, 'must be a JSON object as a string: in Terraform jsonencode({ ... })'),
);

/** Terraform can't see before an apply whether an ARN that it will know then is null. */
export const create = v.optional(
  v.pipe(
    flag,
    v.description('For Terraform: false where the ARN is of a resource that the same configuration makes.'),
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
/** Fields of every source whose records a function reads in batches, in order. */
export const recordBatch = {
  batch_size: v.optional(wholeNumber(1, 10_000, 'records'), 100),
  maximum_batching_window_in_seconds: v.optional(wholeNumber(0, 300, 'seconds'), 0),
  starting_position: startingPosition,
  maximum_retry_attempts: v.optional(
    v.pipe(
      wholeNumber(-1, 10_000, 'attempts'),
      v.description('-1: until success or until the record expires.'),
    ),
    -1,
  ),
  bisect_batch_on_function_error: v.optional(flag, false),
  function_response_types: v.optional(v.array(oneOf(['ReportBatchItemFailures']), mustBe('an array')), []),
};

/** Those fields with their defaults. */
export type RecordBatch = v.InferOutput<v.ObjectSchema<typeof recordBatch, undefined>>;

/** A field of a target that a module may leave out. */
export const optionalText = v.nullish(v.string());
