// AWS's APIs: a service's refusal in AWS's own words; each protocol writes it in its own way.

/** What a caller gets to see. `code` is AWS's name for it, as in the service's API reference. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** The same error's code in the older query protocol, where it is another. */
  readonly queryCode: string | undefined;

  constructor(code: string, message: string, options: { status?: number; queryCode?: string } = {}) {
    super(message);
    this.code = code;
    this.status = options.status ?? 400;
    this.queryCode = options.queryCode;
  }
}

/** What most of Lambda's operations answer for a value they refuse. */
export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}

/** The local cloud holds as much as it may; each service has its own name for that. */
export class CloudFullError extends Error {}

/** For what AWS has and the local cloud hasn't: said, never silently wrong. */
export function notSupported(what: string): string {
  return `The local cloud of livectl does not support ${what}; see docs/local-cloud.md.`;
}
