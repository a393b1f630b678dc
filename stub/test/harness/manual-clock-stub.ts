// The stub of the shipped sources on a clock that the test turns; otherwise the same as stub/src/index.ts.
import { endWithInstance } from '../../src/end-with-instance.ts';
import { handlerOf } from '../../src/handler.ts';
import { watchJson } from '../../src/json-texts.ts';
import { Stub } from '../../src/stub.ts';
import { reportingClock } from './reporting-clock.ts';

watchJson();

const stub = new Stub(process.env, reportingClock());
await stub.start();
endWithInstance(stub);

export const handler = handlerOf(stub);
