// [1] The stub's entry for the Lambda Node runtime: `index.handler`.
import { systemClock } from '../../protocol/clock.ts';
import { endWithInstance } from './end-with-instance.ts';
import { handlerOf } from './handler.ts';
import { watchJson } from './json-texts.ts';
import { Stub } from './stub.ts';

watchJson();

const stub = new Stub(process.env, systemClock);
await stub.start();
endWithInstance(stub);

export const handler = handlerOf(stub);
