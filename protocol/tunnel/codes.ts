// Why a tunnel does not open a stream, or ends it early: codes on the wire, and the errors they become.

/** In the order of their numbers on the wire, from 1. */
export const refusalCodes = [
  'not-allowed',
  'unresolved',
  'refused',
  'unreachable',
  'timeout',
  'limit',
  'lost',
] as const;
export type RefusalCode = (typeof refusalCodes)[number];

/**
 * In the order of their numbers on the wire, from 1.
 * - `closed`: the other end destroyed its stream without an error.
 * - `failed`: the other end's socket failed, or its stream was destroyed with an error.
 * - `protocol`: it got frames that no correct peer sends: data past the window, or two ends of one stream.
 * - `lost`: the link was lost for longer than `resumeWithinMs`, was closed, or the other end does not know the stream.
 */
export const resetCodes = ['closed', 'failed', 'protocol', 'lost'] as const;
export type ResetCode = (typeof resetCodes)[number];

/** What Node's own sockets report in such a case. */
const errnos: Record<RefusalCode, string> = {
  'not-allowed': 'EACCES',
  unresolved: 'ENOTFOUND',
  refused: 'ECONNREFUSED',
  unreachable: 'EHOSTUNREACH',
  timeout: 'ETIMEDOUT',
  limit: 'EMFILE',
  lost: 'ECONNRESET',
};

/** The stream was not opened. `message` is for the user; it may come from the other end. */
export class TunnelRefused extends Error {
  readonly code: RefusalCode;
  /** E.g. `ECONNREFUSED`. */
  readonly errno: string;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.name = 'TunnelRefused';
    this.code = code;
    this.errno = errnos[code];
  }
}

/** The stream was open, and ended before its time. */
export class TunnelReset extends Error {
  readonly code = 'ECONNRESET';
  readonly reason: ResetCode;

  constructor(reason: ResetCode, message: string) {
    super(message);
    this.name = 'TunnelReset';
    this.reason = reason;
  }
}
