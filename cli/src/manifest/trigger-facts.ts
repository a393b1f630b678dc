// What the parts of livectl know of each kind of trigger: its name for people, the resource behind it, and its JSON fields.
import type { Triggers } from './trigger-schema.ts';

/** The resource that a trigger reads from: a new one, or one that exists. */
export interface TriggerResource {
  /** The field with the ARN of one that exists. */
  readonly arn: string;
  /** Fields for a new one only. */
  readonly ofNew: readonly string[];
  /** The new one, where functions that give the same name share it. */
  readonly shared?: {
    readonly kind: string;
    /** The field with the last part of its name. */
    readonly name: string;
    /** Characters that AWS allows. */
    readonly most: number;
  };
}

interface TriggerFacts {
  /** In the terminal. */
  readonly title: string;
  readonly resource?: TriggerResource;
  /** The field that holds a JSON document as text. */
  readonly document?: string;
}

/** In the order in which mistakes are reported. */
const facts = {
  http: { title: 'HTTP' },
  function_url: { title: 'function URL' },
  sns: {
    title: 'SNS',
    resource: {
      arn: 'topic_arn',
      ofNew: ['topic_name'],
      shared: { kind: 'SNS topic', name: 'topic_name', most: 256 },
    },
    document: 'filter_policy',
  },
  sqs: {
    title: 'SQS',
    resource: {
      arn: 'queue_arn',
      ofNew: ['queue_name', 'visibility_timeout_seconds'],
      shared: { kind: 'SQS queue', name: 'queue_name', most: 80 },
    },
  },
  eventbridge: {
    title: 'EventBridge',
    resource: { arn: 'event_bus_arn', ofNew: ['event_bus_name'] },
    document: 'event_pattern',
  },
  schedule: { title: 'schedule', document: 'input' },
  s3: {
    title: 'S3',
    resource: {
      arn: 'bucket_arn',
      ofNew: ['bucket_name'],
      shared: { kind: 'S3 bucket', name: 'bucket_name', most: 63 },
    },
  },
  dynamodb: {
    title: 'DynamoDB stream',
    resource: {
      arn: 'stream_arn',
      ofNew: ['table_name', 'range_key'],
      shared: { kind: 'DynamoDB table', name: 'table_name', most: 255 },
    },
  },
  kinesis: {
    title: 'Kinesis',
    resource: {
      arn: 'stream_arn',
      ofNew: ['stream_name'],
      shared: { kind: 'Kinesis stream', name: 'stream_name', most: 128 },
    },
  },
} as const satisfies Record<keyof Triggers, TriggerFacts>;

/** A kind of trigger, e.g. `sns`. */
export type TriggerKind = keyof Triggers;

/** Each kind with what is known of it. */
export const triggerFacts = Object.entries(facts) as readonly (readonly [TriggerKind, TriggerFacts])[];

/** The kinds whose new resource functions share by its name. */
export type SharedSource = {
  [Kind in TriggerKind]: (typeof facts)[Kind] extends { resource: { shared: object } } ? Kind : never;
}[TriggerKind];

/** Each of them, with the field of an ARN and what a new resource is. */
export const sharedSources = triggerFacts.flatMap(([source, { resource }]) =>
  resource?.shared === undefined
    ? []
    : [{ ...resource.shared, source: source as SharedSource, arn: resource.arn }],
);

/** What people call it; undefined for what is not a trigger. */
export function triggerTitle(source: string): string | undefined {
  return triggerFacts.find(([kind]) => kind === source)?.[1].title;
}
