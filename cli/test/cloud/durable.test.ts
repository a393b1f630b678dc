// Durable functions in the local cloud: executions, checkpoints and callbacks, called with AWS's SDK.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CheckpointDurableExecutionCommand,
  GetDurableExecutionCommand,
  GetDurableExecutionStateCommand,
  type GetDurableExecutionStateCommandOutput,
  InvokeCommand,
  LambdaClient,
  type OperationUpdate,
  SendDurableExecutionCallbackFailureCommand,
  SendDurableExecutionCallbackHeartbeatCommand,
  SendDurableExecutionCallbackSuccessCommand,
  StopDurableExecutionCommand,
} from '@aws-sdk/client-lambda';
import { strToU8, zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { region } from '../../src/cloud/aws-api/access.ts';
import { builtRuntime } from '../worker/built-runtime.ts';
import { HandClock } from './hand-clock.ts';
import { awsClient } from './signing.ts';
import { deployed, startTestCloud, type TestCloud } from './test-cloud.ts';

/** Asks the test what to answer. */
const handlerSource = `
export async function handler(event, context) {
  const body = JSON.stringify({ event, arn: context.invokedFunctionArn });
  const response = await fetch(process.env.CONDUCTOR, { method: 'POST', body });
  const text = await response.text();
  if (text === 'throw') throw new TypeError('no luck');
  return JSON.parse(text);
}
`;

interface DurableEvent {
  readonly DurableExecutionArn: string;
  readonly CheckpointToken: string;
  readonly UpdatedOperationIds?: string[];
  readonly InitialExecutionState: {
    readonly Operations: readonly Record<string, unknown>[];
    readonly NextMarker: string;
  };
}

interface Invocation {
  readonly event: DurableEvent;
  readonly arn: string;
  answer(content: object | 'throw'): void;
}

const runtime = builtRuntime();
let clock: HandClock;
let waiting: Invocation[];
let asked: ((invocation: Invocation) => void)[];
let world: TestCloud;
let client: LambdaClient;

const conductor = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { event, arn } = JSON.parse(Buffer.concat(chunks).toString());
    const answer = (content: object | 'throw') =>
      response.end(content === 'throw' ? content : JSON.stringify(content));
    const invocation = { event, arn, answer };
    const next = asked.shift();
    if (next) next(invocation);
    else waiting.push(invocation);
  });
});

beforeEach(async () => {
  [waiting, asked, clock] = [[], [], new HandClock()];
  await new Promise<void>((resolve) => conductor.listen(0, '127.0.0.1', resolve));
  const environment = { CONDUCTOR: `http://127.0.0.1:${(conductor.address() as AddressInfo).port}` };
  world = await startTestCloud(runtime.file, {
    functions: [
      deployed('orders', { environment, durable: { executionTimeout: 3600 }, timeout: 900 }),
      deployed('plain', { environment, timeout: 900 }),
    ],
    stubZip: zipSync({ 'index.mjs': strToU8(handlerSource) }),
    clock,
  });
  const { endpointUrl: endpoint, stubCredentials: credentials } = world.cloud;
  client = new LambdaClient({ region, endpoint, credentials, maxAttempts: 1 });
});

afterEach(async () => {
  client.destroy();
  await world.close();
  await new Promise<void>((resolve) => {
    conductor.close(() => resolve());
    conductor.closeAllConnections();
  });
});

function nextInvocation(): Promise<Invocation> {
  const first = waiting.shift();
  return first ? Promise.resolve(first) : new Promise((resolve) => asked.push(resolve));
}

async function call(input: object, options: { name?: string; qualifier?: string } = {}) {
  const { name, qualifier = '$LATEST' } = options;
  const output = await client.send(
    new InvokeCommand({
      FunctionName: 'orders',
      Qualifier: qualifier,
      Payload: Buffer.from(JSON.stringify(input)),
      DurableExecutionName: name,
    }),
  );
  return { ...output, payload: JSON.parse(Buffer.from(output.Payload ?? []).toString()) };
}

/** Sends updates of a running invocation; gives the answer. */
function checkpoint(event: DurableEvent, token: string, ...Updates: OperationUpdate[]) {
  return client.send(
    new CheckpointDurableExecutionCommand({
      DurableExecutionArn: event.DurableExecutionArn,
      CheckpointToken: token,
      Updates,
    }),
  );
}

const pending = { Status: 'PENDING' };
const done = { Status: 'SUCCEEDED', Result: '"done"' };

describe('an execution', () => {
  test('hands the function its input, and its result to the caller', async () => {
    const answer = call({ id: 7 }, { name: 'order-7' });
    const { arn, event, answer: respond } = await nextInvocation();
    expect(arn).toBe('arn:aws:lambda:us-east-1:000000000000:function:orders:$LATEST');
    expect(event.DurableExecutionArn).toMatch(
      /^arn:aws:lambda:us-east-1:000000000000:function:orders:\$LATEST\/durable-execution\/order-7\/[0-9a-f]{32}$/,
    );
    expect(event.InitialExecutionState).toEqual({
      NextMarker: '',
      Operations: [
        {
          Id: expect.any(String),
          Type: 'EXECUTION',
          Status: 'STARTED',
          StartTimestamp: new Date(clock.now()).toISOString(),
          ExecutionDetails: { InputPayload: '{"id":7}' },
        },
      ],
    });
    respond(done);
    expect(await answer).toMatchObject({
      payload: 'done',
      DurableExecutionArn: event.DurableExecutionArn,
    });
    const about = await client.send(
      new GetDurableExecutionCommand({ DurableExecutionArn: event.DurableExecutionArn }),
    );
    expect(about).toMatchObject({
      Status: 'SUCCEEDED',
      Result: '"done"',
      DurableExecutionName: 'order-7',
      InputPayload: '{"id":7}',
    });
  });

  test('keeps steps, waits without the function, and replays it', async () => {
    const answer = call({});
    const first = await nextInvocation();
    const { event } = first;
    const one = await checkpoint(event, event.CheckpointToken, {
      Id: 's',
      Type: 'STEP',
      Action: 'START',
      Name: 'charge',
    });
    expect(one.NewExecutionState?.Operations).toMatchObject([
      { Id: 's', Status: 'STARTED', StepDetails: { Attempt: 0 } },
    ]);
    const two = await checkpoint(
      event,
      one.CheckpointToken ?? '',
      { Id: 's', Type: 'STEP', Action: 'SUCCEED', Payload: '42' },
      { Id: 'w', Type: 'WAIT', Action: 'START', WaitOptions: { WaitSeconds: 60 } },
    );
    const wait = two.NewExecutionState?.Operations?.[1];
    expect(wait?.WaitDetails?.ScheduledEndTimestamp?.getTime()).toBe(clock.now() + 60_000);
    first.answer(pending);
    clock.advance(60_001);
    const second = await nextInvocation();
    expect(second.event.UpdatedOperationIds).toEqual(['w']);
    expect(second.event.InitialExecutionState.Operations).toMatchObject([
      { Type: 'EXECUTION' },
      { Id: 's', Name: 'charge', Status: 'SUCCEEDED', StepDetails: { Result: '42' } },
      { Id: 'w', Status: 'SUCCEEDED' },
    ]);
    second.answer(done);
    expect((await answer).payload).toBe('done');
  });

  test('tries a step again when its time has come', async () => {
    const answer = call({});
    const first = await nextInvocation();
    const retry: OperationUpdate = {
      Id: 's',
      Type: 'STEP',
      Action: 'RETRY',
      Error: { ErrorType: 'Busy', ErrorMessage: 'later' },
      StepOptions: { NextAttemptDelaySeconds: 30 },
    };
    await checkpoint(
      first.event,
      first.event.CheckpointToken,
      { Id: 's', Type: 'STEP', Action: 'START' },
      retry,
    );
    first.answer(pending);
    clock.advance(30_001);
    const second = await nextInvocation();
    expect(second.event.InitialExecutionState.Operations[1]).toMatchObject({
      Status: 'READY',
      StepDetails: { Attempt: 1, Error: { ErrorType: 'Busy', ErrorMessage: 'later' } },
    });
    second.answer({ Status: 'FAILED', Error: { ErrorType: 'Busy', ErrorMessage: 'gave up' } });
    expect(await answer).toMatchObject({
      FunctionError: 'Unhandled',
      payload: { errorType: 'Busy', errorMessage: 'gave up' },
    });
  });

  test('that runs gets what ended in the meantime with its next checkpoint', async () => {
    const answer = call({});
    const first = await nextInvocation();
    const wait: OperationUpdate = { Id: 'w', Type: 'WAIT', Action: 'START', WaitOptions: { WaitSeconds: 5 } };
    const { CheckpointToken = '' } = await checkpoint(first.event, first.event.CheckpointToken, wait);
    clock.advance(5001);
    const { NewExecutionState } = await checkpoint(first.event, CheckpointToken);
    expect(NewExecutionState?.Operations).toMatchObject([{ Id: 'w', Status: 'SUCCEEDED' }]);
    first.answer(done);
    await answer;
  });

  test('invokes another function of the stage', async () => {
    const answer = call({});
    const first = await nextInvocation();
    const invoke = (Id: string, FunctionName: string): OperationUpdate => {
      return {
        Id,
        Type: 'CHAINED_INVOKE',
        Action: 'START',
        Payload: '{"to":1}',
        ChainedInvokeOptions: { FunctionName },
      };
    };
    await checkpoint(first.event, first.event.CheckpointToken, invoke('p', 'plain'), invoke('n', 'nowhere'));
    const other = await nextInvocation();
    expect(other).toMatchObject({
      event: { to: 1 },
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:plain',
    });
    other.answer({ from: 'plain' });
    first.answer(pending);
    let next = await nextInvocation();
    while (
      next.event.InitialExecutionState.Operations.some(
        ({ Status, Type }) => Type !== 'EXECUTION' && Status === 'STARTED',
      )
    ) {
      next.answer(pending);
      next = await nextInvocation();
    }
    expect(next.event.InitialExecutionState.Operations.slice(1)).toMatchObject([
      { Id: 'p', Status: 'SUCCEEDED', ChainedInvokeDetails: { Result: '{"from":"plain"}' } },
      {
        Id: 'n',
        Status: 'FAILED',
        ChainedInvokeDetails: { Error: { ErrorMessage: expect.stringContaining('nowhere') } },
      },
    ]);
    next.answer(done);
    await answer;
  });

  test('whose invocation fails is invoked again, twice, then fails with that error', async () => {
    const answer = call({});
    (await nextInvocation()).answer('throw');
    for (const [attempt, delayMs] of [
      [1, 1000],
      [2, 2000],
    ] as const) {
      await world.event((event) => event.type === 'retry' && event.attempt === attempt);
      clock.advance(delayMs);
      (await nextInvocation()).answer('throw');
    }
    expect(await answer).toMatchObject({ payload: { errorType: 'TypeError', errorMessage: 'no luck' } });
  });
});

describe('a callback', () => {
  const start: OperationUpdate = { Id: 'c', Type: 'CALLBACK', Action: 'START' };

  async function waitsFor(CallbackOptions: OperationUpdate['CallbackOptions'] = {}) {
    const answer = call({});
    const first = await nextInvocation();
    const { event } = first;
    const started = await checkpoint(event, event.CheckpointToken, { ...start, CallbackOptions });
    first.answer(pending);
    return { answer, CallbackId: started.NewExecutionState?.Operations?.[0]?.CallbackDetails?.CallbackId };
  }

  async function seen(answer: Promise<unknown>) {
    const second = await nextInvocation();
    second.answer(done);
    await answer;
    return second.event.InitialExecutionState.Operations[1];
  }

  test('continues with the answer of an external system', async () => {
    const { answer, CallbackId } = await waitsFor();
    await client.send(
      new SendDurableExecutionCallbackSuccessCommand({ CallbackId, Result: '{"approved":true}' }),
    );
    const details = { CallbackId, Result: '{"approved":true}' };
    expect(await seen(answer)).toMatchObject({ Status: 'SUCCEEDED', CallbackDetails: details });
    const again = client.send(new SendDurableExecutionCallbackSuccessCommand({ CallbackId }));
    await expect(again).rejects.toThrow('No execution waits for this callback');
  });

  test('continues with an error', async () => {
    const { answer, CallbackId } = await waitsFor();
    const error = { ErrorType: 'Denied', ErrorMessage: 'no' };
    await client.send(new SendDurableExecutionCallbackFailureCommand({ CallbackId, Error: error }));
    expect(await seen(answer)).toMatchObject({
      Status: 'FAILED',
      CallbackDetails: { CallbackId, Error: error },
    });
  });

  test('times out, and without a heartbeat earlier', async () => {
    const { answer, CallbackId } = await waitsFor({ TimeoutSeconds: 60, HeartbeatTimeoutSeconds: 20 });
    clock.advance(15_000);
    await client.send(new SendDurableExecutionCallbackHeartbeatCommand({ CallbackId }));
    clock.advance(15_000);
    await client.send(new SendDurableExecutionCallbackHeartbeatCommand({ CallbackId }));
    clock.advance(20_001);
    expect(await seen(answer)).toMatchObject({
      Status: 'TIMED_OUT',
      CallbackDetails: { Error: { ErrorMessage: 'Callback timed out on heartbeat' } },
    });
  });
});

describe('is refused', () => {
  test('an invocation without a version or alias', async () => {
    const unqualified = client.send(new InvokeCommand({ FunctionName: 'orders' }));
    await expect(unqualified).rejects.toThrow('unqualified ARN; use orders:$LATEST');
  });

  test('a name that is taken by an execution with another input', async () => {
    const answers = [call({ id: 1 }, { name: 'one' })];
    const first = await nextInvocation();
    answers.push(call({ id: 1 }, { name: 'one' }));
    await expect(call({ id: 2 }, { name: 'one' })).rejects.toMatchObject({
      name: 'DurableExecutionAlreadyStartedException',
    });
    first.answer(done);
    expect((await Promise.all(answers)).map(({ payload }) => payload)).toEqual(['done', 'done']);
    await expect(call({}, { name: 'not a name' })).rejects.toThrow('Invalid execution name');
  });

  test('a checkpoint that does not fit, and nothing of it counts', async () => {
    const answer = call({});
    const { event, answer: respond } = await nextInvocation();
    const token = event.CheckpointToken;
    const step: OperationUpdate = { Id: 's', Type: 'STEP', Action: 'START' };
    const wrong: [string, string, OperationUpdate][] = [
      ['Invalid Checkpoint Token', 'other', step],
      [
        'Invalid action RETRY for an operation of type WAIT',
        token,
        { Id: 'w', Type: 'WAIT', Action: 'RETRY' },
      ],
      ['larger than 262144 bytes', token, { ...step, Action: 'SUCCEED', Payload: 'x'.repeat(262_145) }],
      ['FunctionName of the invoke is missing', token, { Id: 'i', Type: 'CHAINED_INVOKE', Action: 'START' }],
    ];
    for (const [message, with_, update] of wrong) {
      await expect(checkpoint(event, with_, step, update)).rejects.toThrow(message);
    }
    const state = new GetDurableExecutionStateCommand({
      DurableExecutionArn: event.DurableExecutionArn,
      CheckpointToken: token,
    });
    expect((await client.send(state)).Operations).toHaveLength(1);
    respond(done);
    await answer;
    await expect(checkpoint(event, token, step)).rejects.toThrow('Invalid Checkpoint Token');
  });

  test.each([
    ['an answer of no durable function', { hello: 1 }, 'withDurableExecution'],
    ['a wait for nothing', pending, 'Cannot return PENDING status with no pending operations.'],
  ])('%s', async (_name, content, message) => {
    const answer = call({});
    (await nextInvocation()).answer(content);
    expect(await answer).toMatchObject({ payload: { errorMessage: expect.stringContaining(message) } });
  });

  test('what the local cloud does not have', async () => {
    const { endpointUrl, stubCredentials } = world.cloud;
    const path = '/2025-12-01/functions/orders/durable-executions';
    const response = await awsClient(stubCredentials, 'lambda').fetch(endpointUrl + path);
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining('docs/local-cloud.md'),
    ]);
  });
});

test('an execution that takes too long times out, and one can be stopped', async () => {
  const answers = [call({}), call({})];
  const [first, second] = [await nextInvocation(), await nextInvocation()];
  const { DurableExecutionArn } = second.event;
  await client.send(new StopDurableExecutionCommand({ DurableExecutionArn, Error: { ErrorType: 'Enough' } }));
  clock.advance(3_600_000);
  const payloads = (await Promise.all(answers)).map(({ payload }) => payload.errorType);
  expect(payloads.sort()).toEqual(['Enough', 'Execution.TimedOut']);
  for (const { answer } of [first, second]) answer(pending);
});

test('a caller that does not wait gets the ARN of the execution', async () => {
  const command = new InvokeCommand({ FunctionName: 'orders:live', InvocationType: 'Event', Payload: '{}' });
  const { StatusCode, DurableExecutionArn } = await client.send(command);
  expect(StatusCode).toBe(202);
  const { arn, event, answer } = await nextInvocation();
  expect([arn, event.DurableExecutionArn]).toEqual([
    expect.stringMatching(/:orders:live$/),
    DurableExecutionArn,
  ]);
  answer(done);
});

test('a long history is read page by page', async () => {
  const answer = call({});
  const first = await nextInvocation();
  let token = first.event.CheckpointToken;
  for (let step = 0; step < 6; step += 1) {
    const Payload = JSON.stringify('x'.repeat(250_000));
    const update: OperationUpdate = { Id: `s${step}`, Type: 'STEP', Action: 'SUCCEED', Payload };
    token = (await checkpoint(first.event, token, update)).CheckpointToken ?? '';
  }
  await checkpoint(first.event, token, {
    Id: 'w',
    Type: 'WAIT',
    Action: 'START',
    WaitOptions: { WaitSeconds: 1 },
  });
  first.answer(pending);
  clock.advance(1001);
  const { event, answer: respond } = await nextInvocation();
  const ids = event.InitialExecutionState.Operations.map(({ Id }) => Id);
  let marker: string | undefined = event.InitialExecutionState.NextMarker;
  expect(marker).not.toBe('');
  while (marker) {
    const page: GetDurableExecutionStateCommand = new GetDurableExecutionStateCommand({
      DurableExecutionArn: event.DurableExecutionArn,
      CheckpointToken: event.CheckpointToken,
      Marker: marker,
    });
    const { NextMarker, Operations }: GetDurableExecutionStateCommandOutput = await client.send(page);
    ids.push(...(Operations ?? []).map(({ Id }) => Id));
    marker = NextMarker;
  }
  expect(ids.slice(1)).toEqual(['s0', 's1', 's2', 's3', 's4', 's5', 'w']);
  respond(done);
  await answer;
});
