// The Lambda host with real processes: warm instances, scaling, bounds, crashes, timeouts, environment, Invoke API.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { builtRuntime } from '../worker/built-runtime.ts';
import { HandClock } from './hand-clock.ts';
import { awsClient } from './signing.ts';
import {
  deployed,
  errorOf,
  Gate,
  invoke,
  isAlive,
  result,
  startTestCloud,
  type TestCloud,
} from './test-cloud.ts';

const runtime = builtRuntime();
let gate: Gate;
let started: TestCloud | undefined;

beforeEach(async () => {
  gate = await Gate.start();
});

afterEach(async () => {
  await started?.close();
  started = undefined;
  await gate.close();
});

async function start(options: Parameters<typeof startTestCloud>[1] = {}) {
  started = await startTestCloud(runtime.file, options);
  return started.cloud;
}

describe('instances', () => {
  test('stay warm, one per function', async () => {
    const cloud = await start({ functions: [deployed('a'), deployed('b')] });
    const first = await result(invoke(cloud, {}, 'a'));
    expect(await result(invoke(cloud, {}, 'a'))).toMatchObject({ pid: first.pid, count: 2 });
    expect((await result(invoke(cloud, {}, 'b'))).pid).not.toBe(first.pid);
    expect(first).toMatchObject({
      count: 1,
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:a',
      trace: expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/),
    });
  });

  test('take one invocation at a time and scale out', async () => {
    const cloud = await start();
    const answers = [1, 2, 3].map(() => result(invoke(cloud, { gate: gate.url })));
    await gate.arrivals(3);
    gate.open();
    const pids = new Set((await Promise.all(answers)).map(({ pid }) => pid));
    expect(pids.size).toBe(3);
    expect(pids).toContain((await result(invoke(cloud, {}))).pid);
  });

  test('are limited in number; invocations beyond that wait, first come first served', async () => {
    const cloud = await start({ maxInstances: 2 });
    const order: number[] = [];
    const answers = [0, 1, 2, 3, 4].map(async (index) => {
      const { pid } = await result(invoke(cloud, { gate: gate.url }));
      order.push(index);
      return pid;
    });
    const pids = new Set<number>();
    for (let index = 0; index < 4; index += 1) {
      await gate.arrivals(2);
      expect(gate.waiting).toBe(2);
      gate.open(1);
      await Promise.race(answers.slice(index));
    }
    await gate.arrivals(1);
    gate.open();
    for (const answer of answers) pids.add(await answer);
    expect(pids.size).toBe(2);
    expect(order.slice(2).toSorted()).toEqual([2, 3, 4]);
    expect(order.at(-1)).toBeGreaterThan(2);
  });

  test('give way to another function when all places are taken, the least recently used first', async () => {
    const cloud = await start({ functions: ['a', 'b', 'c'].map((name) => deployed(name)), maxInstances: 2 });
    const a = await result(invoke(cloud, {}, 'a'));
    const b = await result(invoke(cloud, {}, 'b'));
    await result(invoke(cloud, {}, 'a'));
    await result(invoke(cloud, {}, 'c'));
    expect(await result(invoke(cloud, {}, 'a'))).toMatchObject({ pid: a.pid, count: 3 });
    expect((await result(invoke(cloud, {}, 'b'))).pid).not.toBe(b.pid);
  });

  test('end when unused for five minutes, but for the last used one of a function', async () => {
    const clock = new HandClock();
    const cloud = await start({ clock });
    const both = [1, 2].map(() => result(invoke(cloud, { gate: gate.url })));
    await gate.arrivals(2);
    gate.open();
    const pids = (await Promise.all(both)).map(({ pid }) => pid);
    clock.advance(4 * 60_000);
    const { pid } = await result(invoke(cloud, {}));
    const other = pids.find((each) => each !== pid) ?? 0;
    expect(isAlive(other)).toBe(true);
    clock.advance(11 * 60_000);
    expect(await result(invoke(cloud, {}))).toMatchObject({ pid, count: 3 });
    await expect.poll(() => isAlive(other)).toBe(false);
  });

  test('are kept for the eight functions that were used last', async () => {
    const clock = new HandClock();
    const names = Array.from({ length: 9 }, (_, index) => `f${index}`);
    const cloud = await start({ clock, functions: names.map((name) => deployed(name)) });
    const pids: number[] = [];
    for (const name of names) {
      pids.push((await result(invoke(cloud, {}, name))).pid);
      clock.advance(1);
    }
    clock.advance(11 * 60_000);
    await expect.poll(() => pids.filter(isAlive)).toEqual(pids.slice(1));
  });
});

describe('what goes wrong', () => {
  test('an error that the handler throws keeps its name and the instance', async () => {
    const cloud = await start();
    const { pid } = await result(invoke(cloud, {}));
    expect(await errorOf(invoke(cloud, { throw: 'no' }))).toBe('TypeError: no');
    expect((await result(invoke(cloud, {}))).pid).toBe(pid);
  });

  test('a crash is Runtime.ExitError, and the next one starts a new process', async () => {
    const cloud = await start();
    const { pid } = await result(invoke(cloud, {}));
    expect(await errorOf(invoke(cloud, { exit: 3 }))).toMatch(
      /^Runtime.ExitError: RequestId: [0-9a-f-]{36} Error: Runtime exited with error: exit status 3$/,
    );
    expect((await result(invoke(cloud, {}))).pid).not.toBe(pid);
  });

  test('a timeout is five seconds after the function’s own and kills the process, even one that spins', async () => {
    const clock = new HandClock();
    const cloud = await start({ clock });
    for (const event of [{ gate: gate.url }, { gate: gate.url, spin: true }]) {
      const { pid } = await result(invoke(cloud, {}));
      const failed = errorOf(invoke(cloud, event));
      await gate.arrivals(1);
      if (event.spin) gate.open();
      clock.advance(7999);
      clock.advance(1);
      expect(await failed).toMatch(
        /^Sandbox.Timedout: RequestId: .* Error: Task timed out after 8.00 seconds$/,
      );
      gate.open();
      expect((await result(invoke(cloud, {}))).pid).not.toBe(pid);
    }
  });

  test('an error in the init phase is the answer, every time', async () => {
    const functions = [deployed('hello', { environment: { FAIL_INIT: 'broken' } })];
    const cloud = await start({ functions });
    expect(await errorOf(invoke(cloud, {}))).toBe('RangeError: broken');
    const both = [errorOf(invoke(cloud, {})), errorOf(invoke(cloud, {}))];
    expect(await Promise.all(both)).toEqual(['RangeError: broken', 'RangeError: broken']);
  });

  test('an exit in the init phase too', async () => {
    const cloud = await start({ functions: [deployed('hello', { environment: { EXIT_INIT: '1' } })] });
    expect(await errorOf(invoke(cloud, {}))).toMatch(/^Runtime.ExitError: .* exit status 7$/);
  });

  test('a runtime that can not be started is named', async () => {
    const cloud = await start({ nodeCommand: ['/nowhere/node'] });
    expect(await errorOf(invoke(cloud, {}))).toMatch(
      /^Runtime.InvalidEntrypoint: .*can't start '\/nowhere\/node/,
    );
  });

  test('a function that is not deployed is a clear error', async () => {
    const cloud = await start();
    await expect(invoke(cloud, {}, 'helo')).rejects.toMatchObject({
      code: 'LD_CONFIG',
      message: 'No function named helo is deployed',
      remedy: 'The functions of this stage are: hello.',
    });
  });
});

test('the environment is the function’s, the module’s and Lambda’s, and nothing of the developer’s', async () => {
  process.env.AWS_PROFILE = 'a-developer';
  process.env.DEVELOPERS_OWN = 'secret';
  try {
    const environment = {
      GREETING: 'hi',
      AWS_REGION: 'eu-west-1',
      NODE_OPTIONS: '--import no-such-package',
    };
    const cloud = await start({ functions: [deployed('hello', { environment })] });
    const seen = await result(invoke(cloud, { environment: true }));
    expect(seen).toMatchObject({
      GREETING: 'hi',
      LIVE_DEBUG_NODE_OPTIONS: '--import no-such-package',
      LIVE_DEBUG_STAGE: 'test',
      LIVE_DEBUG_FUNCTION: 'hello',
      LIVE_DEBUG_TABLE: 'live-debug-test',
      LIVE_DEBUG_RELAY: cloud.relayUrl,
      LIVE_DEBUG_DIRECTORY_ENDPOINT: cloud.directoryUrl,
      AWS_ENDPOINT_URL: cloud.endpointUrl,
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'hello',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/hello',
      AWS_LAMBDA_LOG_STREAM_NAME: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
      AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIALIVECTL[0-9A-F]{9}$/),
      _HANDLER: 'index.handler',
      TZ: ':UTC',
    });
    expect(seen.AWS_ACCESS_KEY_ID).not.toBe(cloud.developerCredentials.accessKeyId);
    for (const name of ['AWS_PROFILE', 'DEVELOPERS_OWN', 'LIVECTL_RUNTIME_TOKEN', 'NODE_OPTIONS']) {
      expect(seen).not.toHaveProperty(name);
    }
  } finally {
    delete process.env.AWS_PROFILE;
    delete process.env.DEVELOPERS_OWN;
  }
});

describe('a stub that fails is reported', () => {
  const failures = () => started?.events.filter(({ type }) => type === 'stub_failed');
  const failure = () => started?.event(({ type }) => type === 'stub_failed');

  test('when its module throws', async () => {
    const functions = [deployed('hello', { environment: { FAIL_INIT: 'broken' } })];
    await errorOf(invoke(await start({ functions }), {}));
    expect(await failure()).toEqual({
      type: 'stub_failed',
      functionName: 'hello',
      errorType: 'RangeError',
      message: 'broken',
      lastLine: undefined,
    });
  });

  test('when it can’t be started', async () => {
    await errorOf(invoke(await start({ nodeCommand: ['/nowhere/node'] }), {}));
    expect(await failure()).toMatchObject({ errorType: 'Runtime.InvalidEntrypoint', lastLine: undefined });
  });

  test('when Node ends before the stub runs, with the line that gives the reason and not the last one', async () => {
    const nodeCommand = [process.execPath, '--import', 'no-such-package'] as const;
    await errorOf(invoke(await start({ nodeCommand }), {}));
    expect(await failure()).toMatchObject({
      errorType: 'Runtime.ExitError',
      message: expect.stringMatching(/exit status 1$/),
      lastLine: expect.stringMatching(/Cannot find package 'no-such-package'/),
    });
  });

  test('when it crashes with an invocation, with its last output', async () => {
    await errorOf(invoke(await start(), { log: 'so long', exit: 3 }));
    expect(await failure()).toMatchObject({ errorType: 'Runtime.ExitError', lastLine: 'so long' });
  });

  test('when it is not ready in ten seconds', async () => {
    const clock = new HandClock();
    const functions = [deployed('hello', { environment: { HANG_INIT: 'started' } })];
    const failed = errorOf(invoke(await start({ functions, clock }), {}));
    await started?.event(({ type }) => type === 'stub_log');
    clock.advance(10_000);
    expect(await failed).toMatch(/^Sandbox.Timedout/);
    expect(await failure()).toMatchObject({ errorType: 'Sandbox.Timedout', lastLine: 'started' });
  });

  test('but not when it answers with an error, gives way to another or is stopped', async () => {
    const cloud = await start({ functions: [deployed('a'), deployed('b')], maxInstances: 1 });
    await errorOf(invoke(cloud, { throw: 'no' }, 'a'));
    await result(invoke(cloud, {}, 'b'));
    const stopped = errorOf(invoke(cloud, { gate: gate.url }, 'b'));
    await gate.arrivals(1);
    await cloud.close();
    expect(await stopped).toMatch(/^LiveDebugStoppedError/);
    expect(failures()).toEqual([]);
  });
});

test('its log lines are reported', async () => {
  const cloud = await start();
  await result(invoke(cloud, { log: 'from the stub' }));
  const event = await started?.event(({ type }) => type === 'stub_log');
  expect(event).toMatchObject({ functionName: 'hello', message: 'from the stub' });
});

test('close ends what runs and what waits, and leaves no process', async () => {
  const cloud = await start({ maxInstances: 2 });
  const { pid } = await result(invoke(cloud, {}));
  const failed = [1, 2, 3].map(() => errorOf(invoke(cloud, { gate: gate.url })));
  await gate.arrivals(2);
  await cloud.close();
  expect(isAlive(pid)).toBe(false);
  for (const words of await Promise.all(failed)) {
    expect(words).toBe('LiveDebugStoppedError: The local cloud stopped before the function answered');
  }
  await expect(invoke(cloud, {})).rejects.toMatchObject({ code: 'LD_STOPPED' });
});

test('close while an instance is starting leaves no process either', async () => {
  const cloud = await start();
  const failed = errorOf(invoke(cloud, {}));
  await cloud.close();
  expect(await failed).toMatch(/^LiveDebugStoppedError/);
});

describe('the Invoke API', () => {
  async function call(name: string, body: string | undefined, headers: Record<string, string> = {}) {
    if (!started) throw new Error('not started');
    const { cloud } = started;
    const client = awsClient(cloud.developerCredentials, 'lambda');
    const url = `${cloud.endpointUrl}/2015-03-31/functions/${encodeURIComponent(name)}/invocations`;
    return client.fetch(url, { method: 'POST', headers, body: body ?? null });
  }

  test('RequestResponse answers with the payload, and marks function errors', async () => {
    await start();
    const context = Buffer.from('{"custom":{"a":1}}').toString('base64');
    const good = await call('hello', '{"n":1}', { 'x-amz-client-context': context });
    expect([good.status, good.headers.get('x-amz-function-error')]).toEqual([200, null]);
    expect(await good.json()).toMatchObject({
      event: { n: 1 },
      awsRequestId: good.headers.get('x-amzn-requestid'),
      clientContext: { custom: { a: 1 } },
    });
    const bad = await call('arn:aws:lambda:us-east-1:000000000000:function:hello', '{"throw":"no"}');
    expect([bad.status, bad.headers.get('x-amz-function-error')]).toEqual([200, 'Unhandled']);
    expect(await bad.json()).toMatchObject({ errorType: 'TypeError', errorMessage: 'no' });
  });

  test('an invocation without a payload has the event {}', async () => {
    await start();
    expect(await (await call('hello', undefined)).json()).toMatchObject({ event: {} });
  });

  test('Event answers at once, DryRun runs nothing', async () => {
    await start();
    const event = await call('hello', `{"gate":"${gate.url}","log":"asynchronously"}`, {
      'x-amz-invocation-type': 'Event',
    });
    expect([event.status, await event.text()]).toEqual([202, '']);
    await gate.arrivals(1);
    const dry = await call('hello', '{"log":"dry"}', { 'x-amz-invocation-type': 'DryRun' });
    expect(dry.status).toBe(204);
    await started?.event((told) => told.type === 'stub_log' && told.message === 'asynchronously');
    expect(started?.events).not.toContainEqual(expect.objectContaining({ message: 'dry' }));
  });

  test.each<[string, string, string, Record<string, string>, number, string]>([
    ['an unknown function', 'nobody', '{}', {}, 404, 'ResourceNotFoundException'],
    ['a payload that is not JSON', 'hello', '{', {}, 400, 'InvalidRequestContentException'],
    [
      'an unknown type',
      'hello',
      '{}',
      { 'x-amz-invocation-type': 'Later' },
      400,
      'InvalidParameterValueException',
    ],
    ['over 6 MB', 'hello', `"${'a'.repeat(6 * 1024 * 1024)}"`, {}, 413, 'RequestTooLargeException'],
    [
      'over 1 MB asynchronously',
      'hello',
      `"${'a'.repeat(1024 * 1024)}"`,
      { 'x-amz-invocation-type': 'Event' },
      413,
      'RequestTooLargeException',
    ],
  ])('refuses %s', async (_name, name, body, headers, status, type) => {
    await start();
    const response = await call(name, body, headers);
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([status, type]);
  });

  test('refuses a missing and a wrong signature', async () => {
    const cloud = await start();
    const url = `${cloud.endpointUrl}/2015-03-31/functions/hello/invocations`;
    const unsigned = await fetch(url, { method: 'POST', body: '{}' });
    expect([unsigned.status, unsigned.headers.get('x-amzn-errortype')]).toEqual([
      403,
      'MissingAuthenticationTokenException',
    ]);
    const wrong = awsClient({ ...cloud.developerCredentials, secretAccessKey: 'x' }, 'lambda');
    expect((await wrong.fetch(url, { method: 'POST', body: '{}' })).headers.get('x-amzn-errortype')).toBe(
      'InvalidSignatureException',
    );
  });
});
