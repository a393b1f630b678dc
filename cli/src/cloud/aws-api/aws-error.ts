// AWS's APIs: a service's refusal, worded as by AWS; each protocol encodes it in its own way.

/** What a caller receives. `code` is AWS's name of the error, as in the service's API reference. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** The same error's code in the older query protocol, if it differs. */
  readonly queryCode: string | undefined;

  constructor(code: string, message: string, options: { status?: number; queryCode?: string } = {}) {
    super(message);
    this.code = code;
    this.status = options.status ?? 400;
    this.queryCode = options.queryCode;
  }
}

/** The answer of most of Lambda's operations to an invalid value. */
export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message);
}

/** The local cloud is full; each service has its own name for that. */
export class CloudFullError extends Error {}

/** For features of AWS that the local cloud lacks: reported, never silently wrong. */
export function notSupported(what: string): string {
  return `The local cloud of livectl does not support ${what}; see docs/local-cloud.md.`;
}
