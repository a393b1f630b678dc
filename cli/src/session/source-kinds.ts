// [4] The kinds of sources that events come from; the inspector's page imports this file too.

/** `custom`: whatever no known source sends, e.g. `livectl invoke`. */
export const sourceKinds = [
  'http',
  'sqs',
  'sns',
  'eventbridge',
  'schedule',
  's3',
  'dynamodb',
  'kinesis',
  'custom',
] as const;

export type SourceKind = (typeof sourceKinds)[number];
