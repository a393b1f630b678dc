// [1] Lambda ends the instance: what it was waiting for is cancelled first.
import type { Stub } from './stub.ts';

/** Keeps what SIGTERM does by default, a moment later: at most the bound on giving up. */
export function endWithInstance(stub: Stub): void {
  process.once('SIGTERM', () => void stub.stop().finally(() => process.kill(process.pid, 'SIGTERM')));
}
