// [1] The entry of the stub beside a wrapped function, for the Lambda Node runtime: `index.handler`. Answers the function's
// wrapper, and any other caller as any stub does. A separate program, so that other stubs need not load it at each cold start.
import { systemClock } from '../../protocol/clock.ts';
import { messageOf } from '../../protocol/live-debug-error.ts';
import type { Batch } from './batch/split-batch.ts';
import { deadlineOf } from './conversations.ts';
import { endWithInstance } from './end-with-instance.ts';
import { functionEnvironment } from './function-environment.ts';
import { handlerOf } from './handler.ts';
import { asJson, jsonText, watchJson } from './json-texts.ts';
import { observedBeside } from './observed-beside.ts';
import { report } from './report.ts';
import { readSettings } from './settings.ts';
import { type LambdaContext, Stub } from './stub.ts';
import type { WhoAnswers } from './who-answers.ts';
import {
  dividedBatch,
  type WrappedInvocation,
  wrappedAnswer,
  wrappedFailure,
  wrappedInvocation,
} from './wrapped-invocation.ts';
import { otherwise } from './wrapper/unbegun.ts';

/** An invocation that finds no connection to leave on within this time goes to the deployed code; milliseconds. */
const leaveWithinMs = 200;

/** Does not wait for a connection that is gone: the deployed code answers. */
const lookUp = { skipsGone: true };

watchJson();

const clock = systemClock;
const settings = readSettings(process.env);

/** An older look-up of who observes is renewed; milliseconds. */
const readAfterMs = 2000;

class BesideStub extends Stub {
  /** When copies last read who observes. */
  #readAt = Number.NEGATIVE_INFINITY;

  /** False even if the function's URL streams: its wrapper invokes this for a whole answer. */
  override get streams(): boolean {
    return false;
  }

  override async handle(event: unknown, context: LambdaContext): Promise<unknown> {
    const copy = observedBeside(jsonText(event), settings.secret);
    if (copy) return { matched: await this.#copy(copy) };
    const wrapped = wrappedInvocation(jsonText(event), settings.secret);
    return wrapped ? asJson(await this.#answerWrapped(wrapped, context)) : super.handle(event, context);
  }

  /** The keys of the clients that want it: its function's wrapper counts their samples. */
  async #copy({ observed, to }: NonNullable<ReturnType<typeof observedBeside>>): Promise<readonly string[]> {
    const { clients } = this.conversations;
    // The wrapper has read the table as well: one that it found may be missing here.
    const known = new Set(clients.serving?.observers.map(({ publicKey }) => publicKey));
    const isOld = clock.now() - this.#readAt > readAfterMs;
    if (isOld || !Object.keys(to).every((key) => known.has(key))) {
      this.#readAt = clock.now();
      await clients.readAgain();
    }
    return (await (await this.conversations.observing())?.take(observed, to)) ?? [];
  }

  /** Undefined if the invocation goes whole; also after a fault, since nothing was sent. */
  async #divided(clients: WhoAnswers): Promise<Batch | undefined> {
    const { partialFailures } = settings;
    if (partialFailures === undefined) return undefined;
    try {
      await this.conversations.clients.look();
      return await clients.batch(partialFailures);
    } catch (error) {
      report('a batch is not split', { why: messageOf(error) });
      return undefined;
    }
  }

  async #answerWrapped(wrapped: WrappedInvocation, context: LambdaContext): Promise<Uint8Array> {
    const { divides, encoding: _, environment, event, deadline, ...head } = wrapped;
    const leftMs = Math.min(context.getRemainingTimeInMillis(), deadline - clock.now());
    const invocation = {
      head: { ...head, environment: functionEnvironment(environment) },
      event,
      deadline: deadlineOf(clock.now(), leftMs),
    };
    const clients = this.conversations.whoAnswers(event);
    const batch = divides ? await this.#divided(clients) : undefined;
    if (batch) {
      const { serving } = this.conversations.clients;
      throw dividedBatch({ rounds: batch.plan, rest: (serving?.unfiltered ?? []).length > 0 });
    }
    try {
      const instead = otherwise(clock, this.conversations.socket, leaveWithinMs * settings.patience);
      return wrappedAnswer(await this.conversations.converse(invocation, undefined, instead, clients));
    } catch (error) {
      throw wrappedFailure(error, clients.wanting);
    }
  }
}

const stub = new BesideStub(process.env, clock, lookUp);
await stub.start();
endWithInstance(stub);

export const handler = handlerOf(stub);
