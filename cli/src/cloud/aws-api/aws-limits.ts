// The embedded cloud's limits, as on AWS; docs/local-cloud.md links the page of each.

export const kilobyte = 1024;
const second = 1000;
export const minute = 60 * second;

/** API Gateway WebSocket APIs. */
export const relayLimits = {
  frameBytes: 32 * kilobyte,
  messageBytes: 128 * kilobyte,
  idleMs: 10 * minute,
  lifetimeMs: 120 * minute,
  /** Ours: AWS answers 429 for a full receiver, but does not document when it is full. */
  receiverBacklogBytes: 8 * 1024 * kilobyte,
} as const;

/** DynamoDB. */
export const dynamoDbLimits = {
  itemBytes: 400 * kilobyte,
  /** Size of a page of a Query; of a BatchGetItem 16 times that. */
  pageBytes: 1024 * kilobyte,
  batchKeys: 100,
  partitionKeyBytes: 2048,
  sortKeyBytes: 1024,
  requestBytes: 16 * 1024 * kilobyte,
  /** Ours: AWS deletes expired items within a few days. */
  sweepMs: minute,
  /** Items that expired longer ago than this are not deleted. */
  ttlHorizonSeconds: 5 * 365 * 24 * 60 * 60,
} as const;

/** Lambda. */
export const lambdaLimits = {
  eventBytes: 6 * 1024 * kilobyte,
  asyncEventBytes: 1024 * kilobyte,
  responseBytes: 6 * 1024 * kilobyte,
  /** For a function URL's request: its line and the values of its headers together. */
  headerBytes: 1024 * kilobyte,
  initMs: 10 * second,
} as const;

/** Durable functions. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const durableLimits = {
  operations: 3000,
  payloadBytes: 256 * kilobyte,
  /** For an execution's result, which is reported with a checkpoint if it is large. */
  resultBytes: 6 * 1024 * kilobyte,
  /** Ours: all payloads of one execution; AWS allows 100 MB. */
  stateBytes: 32 * 1024 * kilobyte,
  /** Ours: the operations in one event or answer; the rest is read page by page. */
  pageBytes: 1024 * kilobyte,
  /** The updates of a checkpoint. */
  checkpointBytes: 6 * 1024 * kilobyte,
  /** Ours: running executions of all functions. */
  executions: 1000,
  /** Ours: ended executions that can still be read. */
  endedExecutions: 100,
  /** Ours: before a failed invocation is repeated; AWS does not document how often and when. */
  retryDelaysMs: [second, 2 * second],
  /** Maximum duration of an execution if `durable_config` does not set it: a year. */
  executionSeconds: 366 * 24 * 60 * 60,
} as const;

/** API Gateway HTTP APIs. */
export const httpLimits = {
  requestBytes: 10 * 1024 * kilobyte,
  integrationMs: 30 * second,
  /** A request's line and the values of its headers together. */
  headerBytes: 10_240,
  /** Timeout of each request to an issuer, for its configuration and for its keys. */
  issuerMs: 1500,
  issuerKeysBytes: 150_000,
  /** How long an issuer's keys are cached. */
  issuerKeysMs: 120 * minute,
  /** Ours: before an issuer is asked again for a key that it did not have. */
  issuerPauseMs: 5 * second,
} as const;

/** Lambda's queue of asynchronous invocations. */
export const asyncLimits = {
  /** Ours, so that a developer need not wait: AWS waits one minute, then two. */
  retryDelaysMs: [second, 2 * second],
  /** In one chain of requests, as in AWS's recursive loop detection. */
  invocationsInLoop: 16,
  /** Ours: AWS limits only the age. */
  queuedEvents: 10_000,
  /** Ours: at once, so that a flood of events leaves room for requests that somebody waits for. */
  concurrent: 10,
  queuedBytes: 64 * 1024 * kilobyte,
} as const;

/** Lambda's event source mappings. */
export const mappingLimits = {
  /** Concurrent batches of one queue; AWS begins with five and scales up. */
  queueBatches: 5,
  /** Ours: before a stream's batch is retried; doubles each time, up to the longest. AWS does not document it. */
  firstStreamRetryMs: second,
  lastStreamRetryMs: minute,
} as const;

/** Ours: the total size of all queues and streams, and of all buckets. */
export const storageLimits = {
  messageBytes: 64 * 1024 * kilobyte,
  objectBytes: 256 * 1024 * kilobyte,
} as const;
