// Summaries and details as they are read from a file, which anything may have written.
import * as v from 'valibot';
import { sourceKinds } from '../session/source-kinds.ts';
import type { InvocationDetail, InvocationSummary } from './recording.ts';
import { keyPattern } from './recording-keys.ts';

const text = v.pipe(v.string(), v.maxLength(1024 * 1024));
const shortText = v.pipe(v.string(), v.maxLength(4096));
const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const count = v.pipe(amount, v.safeInteger());
const yes = v.literal(true);
const time = v.pipe(
  v.string(),
  v.maxLength(40),
  v.check((each) => !Number.isNaN(Date.parse(each))),
);
const frames = v.pipe(v.array(shortText), v.maxLength(1000));
const pointers = v.pipe(v.array(text), v.maxLength(100));

const summaryEntries = {
  key: v.pipe(v.string(), v.regex(keyPattern)),
  id: shortText,
  function: shortText,
  trigger: shortText,
  source: v.picklist(sourceKinds),
  source_ids: v.exactOptional(v.pipe(v.array(shortText), v.maxLength(100))),
  status: v.picklist(['ok', 'error']),
  http_status: v.exactOptional(count),
  at: time,
  ms: amount,
  code_ms: v.exactOptional(amount),
  init_ms: v.exactOptional(amount),
  wait_ms: v.exactOptional(amount),
  observed: v.exactOptional(yes),
  answered_by: v.exactOptional(v.picklist(['deployed', 'fallback'])),
  replay_of: v.exactOptional(shortText),
  edited: v.exactOptional(yes),
  attempt: v.exactOptional(count),
  only: v.exactOptional(shortText),
  event_bytes: count,
  result_bytes: count,
  event_cut: v.exactOptional(yes),
  result_cut: v.exactOptional(yes),
  logs: count,
  code: v.exactOptional(v.object({ build: count, hash: v.exactOptional(shortText) })),
  masked: v.exactOptional(count),
};

export const summarySchema: v.GenericSchema<unknown, InvocationSummary> = v.object({
  ...summaryEntries,
  error: v.exactOptional(v.object({ name: shortText, message: shortText })),
});

const stack = v.exactOptional(frames);

export const detailSchema: v.GenericSchema<unknown, InvocationDetail> = v.object({
  ...summaryEntries,
  context: v.object({
    arn: shortText,
    trace_id: v.exactOptional(shortText),
    client_context: v.exactOptional(text),
    identity: v.exactOptional(text),
    tenant_id: v.exactOptional(shortText),
    remaining_ms: v.exactOptional(amount),
    instance: v.exactOptional(shortText),
  }),
  error: v.exactOptional(
    v.object({
      name: text,
      message: text,
      stack,
      causes: v.exactOptional(
        v.pipe(
          v.array(
            v.object({
              relation: v.picklist(['cause', 'context', 'part']),
              name: text,
              message: text,
              stack,
            }),
          ),
          v.maxLength(100),
        ),
      ),
    }),
  ),
  lines: v.pipe(
    v.array(
      v.object({
        at: time,
        level: v.picklist(['trace', 'debug', 'info', 'warn', 'error', 'fatal']),
        message: text,
      }),
    ),
    v.maxLength(10_000),
  ),
  lines_left_out: v.exactOptional(count),
  hops: v.pipe(
    v.array(
      v.object({
        name: v.picklist(['trigger', 'stub', 'relay', 'queue', 'start', 'code', 'back']),
        at_ms: amount,
        ms: amount,
      }),
    ),
    v.maxLength(20),
  ),
  event_content_type: shortText,
  result_content_type: v.exactOptional(shortText),
  masked_paths: v.exactOptional(pointers),
});
