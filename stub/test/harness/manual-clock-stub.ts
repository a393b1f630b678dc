// The stub of the shipped sources on a clock that the test turns; otherwise the same as stub/src/index.ts.
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { endWithInstance } from '../../src/end-with-instance.ts';
import { handlerOf } from '../../src/handler.ts';
import { watchJson } from '../../src/json-texts.ts';
import { Stub } from '../../src/stub.ts';
import type { FromRuntime, ToRuntime } from './ipc.ts';

watchJson();

class ReportingClock extends ManualClock {
  override after(ms: number, callback: () => void) {
    const timer = super.after(ms, callback);
    process.send?.({ is: 'timer', ms } satisfies FromRuntime);
    return timer;
  }
}

const clock = new ReportingClock(Date.now());
process.on('message', (message: ToRuntime) => {
  if (message.do === 'advance') clock.advance(message.ms);
});

const stub = new Stub(process.env, clock);
await stub.start();
endWithInstance(stub);

export const handler = handlerOf(stub);
