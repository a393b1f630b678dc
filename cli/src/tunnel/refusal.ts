// Why a connection through the tunnel was not made, in the words of a SOCKS reply, an event and a person.
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { type RefusalCode, TunnelRefused } from '../../../protocol/tunnel/codes.ts';

/** Undefined if the tunnel itself could not be started. */
export function refusalCode(error: unknown): RefusalCode | undefined {
  return error instanceof TunnelRefused ? error.code : undefined;
}

/** For an event or a line: the code, what happened, and what to do. Texts of the function are among them. */
export function failureWords(error: unknown): {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
} {
  if (error instanceof LiveDebugError) {
    const { code, message, remedy } = error;
    return { code, message, ...(remedy === undefined ? {} : { remedy }) };
  }
  return { code: refusalCode(error) ?? 'lost', message: messageOf(error) };
}
