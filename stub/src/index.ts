// [1] The stub's entry for the Lambda Node runtime: `index.handler`.
import { systemClock } from '../../protocol/clock.ts';
import { watchJson } from './json-texts.ts';
import { type LambdaContext, Stub } from './stub.ts';

watchJson();

const stub = new Stub(process.env, systemClock);
await stub.start();

/** Relays one invocation to whoever serves this function. */
export async function handler(event: unknown, context: LambdaContext): Promise<unknown> {
  return stub.handle(event, context);
}
