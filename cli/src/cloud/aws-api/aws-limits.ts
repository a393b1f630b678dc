// The embedded cloud's numbers, as AWS sets them; docs/local-cloud.md has the page each was read on.

const kilobyte = 1024;
const second = 1000;
const minute = 60 * second;

/** API Gateway WebSocket APIs. */
export const relayLimits = {
  frameBytes: 32 * kilobyte,
  messageBytes: 128 * kilobyte,
  idleMs: 10 * minute,
  lifetimeMs: 120 * minute,
  /** Ours: AWS answers 429 for a full receiver but does not say when it is full. */
  receiverBacklogBytes: 8 * 1024 * kilobyte,
} as const;

/** DynamoDB. */
export const dynamoDbLimits = {
  itemBytes: 400 * kilobyte,
  /** A page of a Query, and of a BatchGetItem 16 times that. */
  pageBytes: 1024 * kilobyte,
  batchKeys: 100,
  partitionKeyBytes: 2048,
  sortKeyBytes: 1024,
  requestBytes: 16 * 1024 * kilobyte,
  /** Ours: AWS deletes expired items within a few days. */
  sweepMs: minute,
  /** Items that expired longer ago than this are left alone. */
  ttlHorizonSeconds: 5 * 365 * 24 * 60 * 60,
} as const;

/** Lambda. */
export const lambdaLimits = {
  eventBytes: 6 * 1024 * kilobyte,
  asyncEventBytes: 1024 * kilobyte,
  responseBytes: 6 * 1024 * kilobyte,
  /** Of a function URL's request: its line and the values of its headers together. */
  headerBytes: 1024 * kilobyte,
  initMs: 10 * second,
} as const;

/** Durable functions. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const durableLimits = {
  operations: 3000,
  payloadBytes: 256 * kilobyte,
  /** Of an execution's result, which is reported with a checkpoint where it is large. */
  resultBytes: 6 * 1024 * kilobyte,
  /** Ours: of all payloads of one execution; AWS allows 100 MB. */
  stateBytes: 32 * 1024 * kilobyte,
  /** Ours: of the operations in one event or answer; the rest is read page by page. */
  pageBytes: 1024 * kilobyte,
  /** Of a checkpoint: its updates are at most so large. */
  checkpointBytes: 6 * 1024 * kilobyte,
  /** Ours: executions that have not ended, over all functions. */
  executions: 1000,
  /** Ours: ended executions that can still be looked at. */
  endedExecutions: 100,
  /** Ours, before an invocation that failed is repeated: AWS does not say how often and when. */
  retryDelaysMs: [second, 2 * second],
  /** Seconds that an execution may take where `durable_config` does not say: a year at most. */
  executionSeconds: 366 * 24 * 60 * 60,
} as const;

/** API Gateway HTTP APIs. */
export const httpLimits = {
  requestBytes: 10 * 1024 * kilobyte,
  integrationMs: 30 * second,
  /** A request's line and the values of its headers together. */
  headerBytes: 10_240,
  /** Of each request to an issuer, for its configuration and for its keys. */
  issuerMs: 1500,
  issuerKeysBytes: 150_000,
  /** How long an issuer's keys are kept. */
  issuerKeysMs: 120 * minute,
  /** Ours: before an issuer is asked again for a key that it did not have. */
  issuerPauseMs: 5 * second,
} as const;

/** Lambda's queue of asynchronous invocations. */
export const asyncLimits = {
  /** Ours, so that nobody waits for them at a desk: AWS waits one minute, then two. */
  retryDelaysMs: [second, 2 * second],
  /** Of one chain of requests, as AWS's recursive loop detection allows a function. */
  invocationsInLoop: 16,
  /** Ours: AWS has no bound but age. */
  queuedEvents: 10_000,
  /** Ours: at one time, so that a flood of events leaves room for requests that somebody waits for. */
  concurrent: 10,
  queuedBytes: 64 * 1024 * kilobyte,
} as const;

/** SNS. */
export const topicLimits = {
  messageBytes: 256 * kilobyte,
  batchEntries: 10,
  /** In characters; a subject has less. */
  subjectLength: 100,
} as const;

/** SQS. */
export const queueLimits = {
  /** Of one message, and of a batch. */
  messageBytes: 1024 * kilobyte,
  batchEntries: 10,
  delaySeconds: 900,
  waitSeconds: 20,
  visibilitySeconds: 43_200,
  deduplicationMs: 5 * minute,
} as const;

/** Lambda's event source mappings. */
export const mappingLimits = {
  /** Batches of one queue at a time; AWS begins with five and goes on from there. */
  queueBatches: 5,
  /** Ours, before a batch of a stream is tried again: doubled each time, up to the last; AWS does not say. */
  firstStreamRetryMs: second,
  lastStreamRetryMs: minute,
} as const;

/** Ours: what all queues and streams hold together, and all buckets. */
export const storageLimits = {
  messageBytes: 64 * 1024 * kilobyte,
  objectBytes: 256 * 1024 * kilobyte,
} as const;

/** EventBridge. */
export const busLimits = {
  entries: 10,
  /** Of all entries of a request together. */
  requestBytes: 256 * kilobyte,
} as const;

/** Kinesis. */
export const streamLimits = {
  recordBytes: 1024 * kilobyte,
  records: 500,
  requestBytes: 5 * 1024 * kilobyte,
  partitionKeyLength: 256,
  /** What an on-demand stream begins with. */
  shards: 4,
} as const;
