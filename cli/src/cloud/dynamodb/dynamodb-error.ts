// DynamoDB: a refusal, worded as by DynamoDB.

const prefixes = {
  ValidationException: 'com.amazon.coral.validate',
  SerializationException: 'com.amazon.coral.service',
  UnknownOperationException: 'com.amazon.coral.service',
  AccessDeniedException: 'com.amazon.coral.service',
  InvalidSignatureException: 'com.amazon.coral.service',
  IncompleteSignatureException: 'com.amazon.coral.service',
  UnrecognizedClientException: 'com.amazon.coral.service',
  MissingAuthenticationTokenException: 'com.amazon.coral.service',
  ResourceNotFoundException: 'com.amazonaws.dynamodb.v20120810',
  ConditionalCheckFailedException: 'com.amazonaws.dynamodb.v20120810',
  ProvisionedThroughputExceededException: 'com.amazonaws.dynamodb.v20120810',
} as const;

type DynamoDbErrorName = keyof typeof prefixes;

/** Becomes a 400 with `__type` and `message`, and with `details` besides. */
export class DynamoDbError extends Error {
  readonly details: Readonly<Record<string, unknown>>;

  constructor(name: DynamoDbErrorName, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = name;
    this.details = details;
  }

  /** The JSON body. */
  toJSON(): Record<string, unknown> {
    const prefix = prefixes[this.name as DynamoDbErrorName];
    // AWS writes this one with a capital.
    const key = this.name === 'AccessDeniedException' ? 'Message' : 'message';
    return { __type: `${prefix}#${this.name}`, [key]: this.message, ...this.details };
  }
}

export function invalid(message: string): DynamoDbError {
  return new DynamoDbError('ValidationException', message);
}

/** For features of DynamoDB that this directory lacks: reported, never silently wrong. */
export function unsupported(what: string): DynamoDbError {
  return invalid(`The local cloud of livectl does not support ${what}; see docs/local-cloud.md.`);
}
