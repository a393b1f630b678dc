// [1] When Lambda ends the instance, invocations that it was waiting for are cancelled first.
import type { Stub } from './stub.ts';

/** Keeps the default effect of SIGTERM, a moment later: at most the bound on giving up. */
export function endWithInstance(stub: Stub): void {
  process.once('SIGTERM', () => void stub.stop().finally(() => process.kill(process.pid, 'SIGTERM')));
}
