// A function URL.
import * as v from 'valibot';
import { fields } from '../schema-parts.ts';
import { declareSource } from './source.ts';
import { cors, oneOf } from './source-parts.ts';

export const functionUrl = declareSource({
  title: 'function URL',
  trigger: v.pipe(
    fields({
      authorization_type: v.optional(
        v.pipe(
          oneOf(['AWS_IAM', 'NONE']),
          v.description('AWS_IAM: signed requests only. NONE: anybody can call it.'),
        ),
        'AWS_IAM',
      ),
      invoke_mode: v.optional(
        v.pipe(
          oneOf(['BUFFERED', 'RESPONSE_STREAM']),
          v.description('BUFFERED, or RESPONSE_STREAM: a response is sent as it is written.'),
        ),
        'BUFFERED',
      ),
      cors: v.optional(cors),
    }),
    v.description('A function URL.'),
  ),
  target: v.object({
    url: v.string(),
    authorization_type: v.nullish(v.string(), 'AWS_IAM'),
    invoke_mode: v.nullish(v.string(), 'BUFFERED'),
  }),
});
