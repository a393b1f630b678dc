// A clock in the function's process that the test advances; it reports each timer to the test.
import type { Timer } from '../../../protocol/clock.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import type { FromRuntime, ToRuntime } from './ipc.ts';

class ReportingClock extends ManualClock {
  override after(ms: number, callback: () => void): Timer {
    const timer = super.after(ms, callback);
    process.send?.({ is: 'timer', ms } satisfies FromRuntime);
    return timer;
  }
}

/** Begins at the system's time. */
export function reportingClock(): ManualClock {
  const clock = new ReportingClock(Date.now());
  process.on('message', (message: ToRuntime) => {
    if (message.do === 'advance') clock.advance(message.ms);
  });
  return clock;
}
