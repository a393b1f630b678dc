// The product's only error class: a stable code, whose fault it is, and what to do next.

/**
 * Every code, with the name under which it reaches Lambda callers and whose fault it is: `user` (a setting,
 * a missing file, nobody serving) or `system` (network, AWS, a bug). docs/errors.md has one line for each.
 */
export const errorCodes = {
  LD_NO_CLIENT: { name: 'LiveDebugNoClientError', fault: 'user' },
  LD_NO_ACK: { name: 'LiveDebugNoAckError', fault: 'system' },
  LD_LOST: { name: 'LiveDebugLostError', fault: 'system' },
  LD_NOT_SERVED: { name: 'LiveDebugNotServedError', fault: 'user' },
  LD_BUILD: { name: 'LiveDebugBuildError', fault: 'user' },
  LD_STOPPED: { name: 'LiveDebugStoppedError', fault: 'user' },
  LD_BUSY: { name: 'LiveDebugBusyError', fault: 'user' },
  LD_RELAY: { name: 'LiveDebugRelayError', fault: 'system' },
  LD_DIRECTORY: { name: 'LiveDebugDirectoryError', fault: 'system' },
  LD_STUB_CONFIG: { name: 'LiveDebugStubConfigError', fault: 'user' },
  LD_ANSWER: { name: 'LiveDebugAnswerError', fault: 'user' },
  LD_TOO_LARGE: { name: 'LiveDebugTooLargeError', fault: 'user' },
  LD_CONFIG: { name: 'LiveDebugConfigError', fault: 'user' },
  LD_UNTRUSTED: { name: 'LiveDebugUntrustedError', fault: 'user' },
  LD_PORT_IN_USE: { name: 'LiveDebugPortInUseError', fault: 'user' },
  LD_DISPLACED: { name: 'LiveDebugDisplacedError', fault: 'user' },
  LD_CREDENTIALS: { name: 'LiveDebugCredentialsError', fault: 'user' },
  LD_REGION: { name: 'LiveDebugRegionError', fault: 'user' },
  LD_STAGE: { name: 'LiveDebugStageError', fault: 'user' },
  LD_PERMISSION: { name: 'LiveDebugPermissionError', fault: 'user' },
  LD_RESOURCE: { name: 'LiveDebugResourceError', fault: 'user' },
  LD_PUBLISH: { name: 'LiveDebugPublishError', fault: 'system' },
  LD_VERSION: { name: 'LiveDebugVersionError', fault: 'user' },
  LD_CLOCK: { name: 'LiveDebugClockError', fault: 'user' },
  LD_AWS: { name: 'LiveDebugAwsError', fault: 'system' },
  LD_INTERNAL: { name: 'LiveDebugInternalError', fault: 'system' },
} as const satisfies Record<string, { name: string; fault: 'user' | 'system' }>;

export type ErrorCode = keyof typeof errorCodes;

/** The name under which Lambda callers see an error of this code, e.g. `LiveDebugStoppedError`. */
export function errorName(code: ErrorCode): string {
  return errorCodes[code].name;
}

/** What happened and where (`message`), what to do next (`remedy`), and the underlying error (`cause`). */
export class LiveDebugError extends Error {
  readonly code: ErrorCode;
  readonly fault: 'user' | 'system';
  readonly remedy: string | undefined;

  constructor(code: ErrorCode, message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = errorCodes[code].name;
    this.code = code;
    this.fault = errorCodes[code].fault;
    this.remedy = options.remedy;
  }
}

/** The message of anything that was thrown, even if it is not an error. Never throws. */
export function messageOf(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return thrown.message || thrown.name;
    return String(thrown);
  } catch {
    return 'an unprintable value was thrown';
  }
}

/**
 * A service's answer up to its first line end (also one escaped in JSON), at most 500 characters. After a bad signature AWS
 * goes on to quote the request, including its session token.
 */
export function firstLine(answer: string): string {
  return (/^[^\r\n\\]*/.exec(answer.trim())?.[0] ?? '').slice(0, 500);
}
