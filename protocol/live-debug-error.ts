// The product's only error class: a stable code, whose fault it is, and what to do next.

/**
 * Every code, and whose fault it is: `user` (a setting, a missing file, nobody serving) or `system` (network, AWS, a bug).
 * docs/errors.md has one line for each, with the name under which it reaches Lambda callers.
 */
export const errorFaults = {
  LD_NO_CLIENT: 'user',
  LD_NO_ACK: 'system',
  LD_LOST: 'system',
  LD_NOT_SERVED: 'user',
  LD_BUILD: 'user',
  LD_STOPPED: 'user',
  LD_BUSY: 'user',
  LD_RELAY: 'system',
  LD_DIRECTORY: 'system',
  LD_STUB_CONFIG: 'user',
  LD_TUNNEL: 'user',
  LD_ANSWER: 'user',
  LD_TOO_LARGE: 'user',
  LD_CONFIG: 'user',
  LD_UNTRUSTED: 'user',
  LD_PORT_IN_USE: 'user',
  LD_DISPLACED: 'user',
  LD_CREDENTIALS: 'user',
  LD_REGION: 'user',
  LD_STAGE: 'user',
  LD_PERMISSION: 'user',
  LD_RESOURCE: 'user',
  LD_PUBLISH: 'system',
  LD_VERSION: 'user',
  LD_CLOCK: 'user',
  LD_AWS: 'system',
  LD_INTERNAL: 'system',
} as const satisfies Record<string, 'user' | 'system'>;

export type ErrorCode = keyof typeof errorFaults;

/** The name under which Lambda callers see an error of this code: of `LD_NO_CLIENT`, `LiveDebugNoClientError`. */
export function errorName(code: ErrorCode): string {
  const words = code.split('_').slice(1);
  return `LiveDebug${words.map((word) => word.charAt(0) + word.slice(1).toLowerCase()).join('')}Error`;
}

/** What happened and where (`message`), what to do next (`remedy`), and the underlying error (`cause`). */
export class LiveDebugError extends Error {
  readonly code: ErrorCode;
  readonly fault: 'user' | 'system';
  readonly remedy: string | undefined;

  constructor(code: ErrorCode, message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = errorName(code);
    this.code = code;
    this.fault = errorFaults[code];
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
