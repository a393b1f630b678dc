// [1] One invocation as Lambda hands it to the proxy: answered here where a client serves it, or left to the deployed code.
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../../protocol/clock.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import type { Batch } from '../batch/split-batch.ts';
import { deadlineOf, type Invocation } from '../conversations.ts';
import { answerWithoutClient } from '../no-client-answer.ts';
import { remoteError } from '../remote-answer.ts';
import { report } from '../report.ts';
import type { Answer } from '../signals.ts';
import { askedForDeployed } from './asked-for-deployed.ts';
import { Divided, PartError } from './divided.ts';
import { reportFault } from './guarded.ts';
import { BegunError, type Relayed } from './relayed.ts';
import {
  type AnsweredInvocation,
  answeredInvocation,
  answerPath,
  ResponsePost,
  type RuntimeApi,
  type Whole,
} from './runtime-api.ts';

/**
 * True if the invocation was answered here, false if the deployed code must answer; for a batch of several, what the deployed code gets
 * of it. Rejects if a client may have begun it and
 * Lambda got neither answer nor error: then the caller learns of the failure only when the runtime ends.
 */
export type Decide = (taken: Whole) => Promise<boolean | Divided>;

/** The content type of an answer that is not streamed. */
const whole = /^application\/json(;|$)/i;

export function decideBy(relayed: Relayed, api: RuntimeApi, clock: Clock): Decide {
  return async (taken) => {
    const { body, message } = taken;
    let invocation: Invocation;
    let of: AnsweredInvocation;
    let stream: ResponsePost;
    let answer: Answer | undefined;
    try {
      if (askedForDeployed(message)) return false;
      invocation = invocationOf(message, body, clock.now());
      of = answeredInvocation(invocation.head.requestId, message);
      stream = new ResponsePost(api, of);
      const batch = await relayed.batch(invocation);
      if (batch) return divide(batch, taken, { invocation, of, relayed, api, clock });
    } catch (error) {
      return leave(error);
    }
    const fail = (error: unknown) => postFailure(api, of, stream, error, body);
    let failure: unknown;
    try {
      answer = await relayed.answer(invocation, stream);
      if (answer === undefined) return false;
    } catch (error) {
      if (!(error instanceof BegunError)) return leave(error);
      failure = error.cause;
    }
    try {
      await (answer ? postAnswer(api, of, stream, answer) : fail(failure));
    } catch (error) {
      report('an answer did not reach Lambda', { id: of.id, why: messageOf(error) });
      // An answer that has begun to stream ends with its connection.
      if (!stream.hasBegun) await fail(error);
    }
    return true;
  };
}

interface Division {
  readonly invocation: Invocation;
  readonly of: AnsweredInvocation;
  readonly relayed: Relayed;
  readonly api: RuntimeApi;
  readonly clock: Clock;
}

/** Begins to answer a batch in parts. */
function divide(batch: Batch, taken: Whole, { invocation, of, relayed, api, clock }: Division): Divided {
  const divided = new Divided(taken, of.id);
  const run = async (event: Uint8Array) => {
    const answer = await relayed.answer({ ...invocation, event }).catch((error: unknown) => {
      if (error instanceof BegunError) throw error.cause;
      return void leave(error);
    });
    if (answer === undefined) return divided.run(event);
    if (answer.type === 'error') throw new PartError(answer.body);
    return answer.body;
  };
  const fail = (error: unknown) => {
    const none = new ResponsePost(api, of);
    if (error instanceof PartError) return postError(api, of, none, error.body);
    return postFailure(api, of, none, error, taken.body);
  };
  void batch
    .answer({ clock, deadline: invocation.deadline, run })
    .then((answer) => postWhole(api, of, answer), fail)
    .catch((error: unknown) => {
      report('an answer did not reach Lambda', { id: of.id, why: messageOf(error) });
      return fail(error);
    })
    .catch(reportFault)
    .finally(() => divided.end());
  return divided;
}

/** After a fault of the proxy, before anything was sent. */
function leave(error: unknown): false {
  report('the deployed code answers', { because: 'a fault of the proxy', why: messageOf(error) });
  return false;
}

/** A `Lambda-Runtime-…` header, which is UTF-8; Node reads its bytes as Latin-1. */
function headerOf(message: IncomingMessage, name: string): string | undefined {
  const value = message.headers[`lambda-runtime-${name}`];
  return typeof value === 'string' ? Buffer.from(value, 'latin1').toString('utf8') : undefined;
}

function invocationOf(message: IncomingMessage, event: Buffer, nowMs: number): Invocation {
  const endsAt = Number(headerOf(message, 'deadline-ms') ?? Number.NaN);
  const requestId = headerOf(message, 'aws-request-id');
  if (requestId === undefined || !Number.isFinite(endsAt))
    throw new Error('an invocation without request id or deadline');
  return {
    head: {
      requestId,
      arn: headerOf(message, 'invoked-function-arn') ?? '',
      traceId: headerOf(message, 'trace-id'),
      clientContext: headerOf(message, 'client-context'),
      identity: headerOf(message, 'cognito-identity'),
      tenantId: headerOf(message, 'aws-tenant-id'),
    },
    event,
    deadline: deadlineOf(nowMs, Math.max(0, endsAt - nowMs)),
  };
}

async function postAnswer(
  api: RuntimeApi,
  of: AnsweredInvocation,
  stream: ResponsePost,
  answer: Answer,
): Promise<void> {
  const { body } = answer;
  if (answer.type === 'error') return postError(api, of, stream, body);
  const { contentType } = answer.head;
  if (!stream.hasBegun && whole.test(contentType)) return postWhole(api, of, body);
  if (!stream.hasBegun) stream.setContentType(contentType);
  stream.end(body);
  await stream.confirmed();
}

async function postWhole(api: RuntimeApi, { id, echo }: AnsweredInvocation, body: Uint8Array): Promise<void> {
  const { message } = await api.post(answerPath(id, 'response'), body, echo);
  if (message.statusCode !== 202) report('Lambda refused an answer', { id, status: message.statusCode ?? 0 });
}

async function postError(
  api: RuntimeApi,
  { id, echo }: AnsweredInvocation,
  stream: ResponsePost,
  body: Uint8Array,
): Promise<void> {
  const { name } = remoteError(body);
  // As a runtime does, log the error too.
  report('the local code failed', { id, errorType: name });
  const errorType = name.replace(/[^\x20-\x7e]/g, '?').slice(0, 1024);
  if (stream.hasBegun) {
    stream.fail(errorType, body);
    return stream.confirmed();
  }
  await api.post(answerPath(id, 'error'), body, ['Lambda-Runtime-Function-Error-Type', errorType, ...echo]);
}

/** Where a client may have begun the invocation but gave no answer: posts what the stub would answer. */
async function postFailure(
  api: RuntimeApi,
  of: AnsweredInvocation,
  stream: ResponsePost,
  error: unknown,
  event: Buffer,
): Promise<void> {
  if (error instanceof LiveDebugError && error.code === 'LD_NO_CLIENT' && !stream.hasBegun) {
    try {
      const answer = answerWithoutClient(JSON.parse(event.toString('utf8')) as unknown, error);
      await api.post(answerPath(of.id, 'response'), Buffer.from(JSON.stringify(answer)), of.echo);
      return;
    } catch {
      // Not an HTTP event: the invocation fails.
    }
  }
  const { name: errorType, message: errorMessage } =
    error instanceof Error ? error : new Error(messageOf(error));
  const trace = [`${errorType}: ${errorMessage}`];
  return postError(api, of, stream, Buffer.from(JSON.stringify({ errorType, errorMessage, trace })));
}
