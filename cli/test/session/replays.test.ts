// Replays in a session: run as invocations are, marked, recorded, bounded, and over at the stop.
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import type { BegunInvocation, EndedInvocation } from '../../src/session/invocation-watcher.ts';
import { mostReplays, type ReplayRequest } from '../../src/session/replays.ts';
import { code, type PendingRun } from './fake-pool.ts';
import { useWorld } from './world.ts';

const world = useWorld();

function request(more: Partial<ReplayRequest> = {}): ReplayRequest {
  return { function: 'hello', event: Buffer.from('{"a":1}'), of: 'key-1', edited: false, ...more };
}

function watched() {
  const begun: BegunInvocation[] = [];
  const ended: EndedInvocation[] = [];
  const watcher = {
    began: (one: BegunInvocation) => begun.push(one),
    ended: (one: EndedInvocation) => ended.push(one),
  };
  return { begun, ended, watcher };
}

describe('a replay', () => {
  it('runs with what is recorded, and is reported and recorded as a replay', async () => {
    const { begun, ended, watcher } = watched();
    const { session, pool, event } = await world.serve({ watcher });
    pool.environment = { AWS_SESSION_TOKEN: 'of-the-last-invocation' };
    const event2 = Buffer.from('{"version":"2.0","requestContext":{"http":{"method":"GET"}},"rawPath":"/x"}');
    const context = { arn: 'arn:1', clientContext: '{"c":1}', identity: '{"i":1}', tenantId: 't' };
    const replayed = session.replay(request({ event: event2, edited: true, context }));
    const run = await pool.runs.next();
    expect(run.invocation).toMatchObject({
      functionName: 'hello',
      isReplay: true,
      event: event2,
      timeoutSeconds: 3,
      invokedFunctionArn: 'arn:1',
      clientContext: '{"c":1}',
      cognitoIdentity: '{"i":1}',
      tenantId: 't',
      environment: { AWS_SESSION_TOKEN: 'of-the-last-invocation' },
    });
    const { id } = run.invocation;
    session.onWorker({ type: 'log', functionName: 'hello', id, level: 'info', message: 'hi' });
    run.answer('{"statusCode":404}', { code: { build: 7, hash: 'abc' } });
    const result = await event('result');
    expect(await event('invoke')).toEqual({
      event: 'invoke',
      id,
      function: 'hello',
      trigger: 'GET /x',
      replay_of: 'key-1',
      edited: true,
    });
    expect(await event('log')).toMatchObject({ id, message: 'hi', replay_of: 'key-1' });
    expect(result).toMatchObject({ id, function: 'hello', ok: true, status: 404, replay_of: 'key-1' });
    expect(begun).toMatchObject([
      {
        invoke: { id },
        event: event2,
        context: { arn: 'arn:1' },
        source: { kind: 'http' },
        replayOf: 'key-1',
        edited: true,
      },
    ]);
    expect(ended).toMatchObject([{ key: begun[0]?.key, result, bytes: 18, build: 7, hash: 'abc' }]);
    expect(Buffer.from((await replayed).body).toString()).toBe('{"statusCode":404}');
  });

  it('has the variables that this machine sets now, over those of the last invocation', async () => {
    const latest = (name: string) => (name === 'hello' ? { LEVEL: 'now' } : undefined);
    const { session, pool } = await world.serve({ variables: { of: () => ({ LEVEL: 'own' }), latest } });
    pool.environment = { LEVEL: 'of-the-last-invocation' };
    const replayed = session.replay(request());
    const run = await pool.runs.next();
    expect(run.invocation.environment).toEqual({ LEVEL: 'now' });
    run.answer('1');
    await replayed;
  });

  it('of a function that nobody has invoked has its own variables, and no credentials', async () => {
    const { session, pool } = await world.serve();
    const replayed = session.replay(request());
    const run = await pool.runs.next();
    expect(run.invocation.environment).toMatchObject({ GREETING: 'hi' });
    expect(run.invocation.environment).not.toHaveProperty('AWS_ACCESS_KEY_ID');
    expect(run.invocation.invokedFunctionArn).toBe('arn:aws:lambda:us-east-1:000000000000:function:hello');
    run.fail('NotFound', 'no order');
    expect((await replayed).result).toMatchObject({
      ok: false,
      error: { name: 'NotFound', message: 'no order' },
    });
  });

  it('collects a streamed answer, with its status', async () => {
    const { session, pool } = await world.serve();
    const replayed = session.replay(request());
    const run = await pool.runs.next();
    const type = 'application/vnd.awslambda.http-integration-response';
    run.invocation.responseSink?.(Buffer.from('{"statusCode":201}\0\0\0'), type);
    run.invocation.responseSink?.(Buffer.from('\0\0\0\0\0hello'), type);
    run.answer('');
    const { body, bytes, result } = await replayed;
    expect(result).toMatchObject({ ok: true, status: 201, streamed_bytes: 31 });
    expect(Buffer.from(body).toString()).toBe(`{"statusCode":201}${'\0'.repeat(8)}hello`);
    expect(bytes).toBe(31);
  });

  it('is refused where a function URL would refuse the headers of its stream, as behind a stub', async () => {
    const { session, pool } = await world.serve();
    const requestContext = { http: { method: 'GET' }, domainName: 'abc.lambda-url.eu-west-1.on.aws' };
    const event = { version: '2.0', rawPath: '/', requestContext };
    const replayed = session.replay(request({ event: Buffer.from(JSON.stringify(event)) }));
    const run = await pool.runs.next();
    const head = `{"statusCode":200,"headers":{"x":["a"]}}${'\0'.repeat(8)}`;
    run.invocation.responseSink?.(Buffer.from(head), 'application/vnd.awslambda.http-integration-response');
    run.answer('');
    const { result } = await replayed;
    expect(result).toMatchObject({ ok: false, error: { name: 'LiveDebugAnswerError' } });
  });

  it('waits for its first build, and fails with its errors', async () => {
    const { session, pool } = await world.prepare();
    await session.start();
    const good = session.replay(request());
    const bad = session.replay(request());
    session.onBuild({ type: 'built', code: code('hello'), ms: 1, first: true, changed: [] });
    pool.onRun = (run) => run.answer('1');
    expect((await good).result.ok).toBe(true);
    expect((await bad).result.ok).toBe(true);
    const other = await world.prepare();
    const failed = other.session.replay(request());
    other.session.onBuild({
      type: 'build_error',
      functionName: 'hello',
      errors: [{ text: 'Unexpected "}"', file: 'a.ts', line: 3 }],
      hasLastGood: false,
    });
    expect((await failed).result.error).toMatchObject({
      name: 'LiveDebugBuildError',
      message: 'hello has no build yet: a.ts:3: Unexpected "}"',
    });
  });

  it('waits for its turn behind others, and gets it', async () => {
    const { session, pool } = await world.serve();
    const replays = Array.from({ length: mostReplays + 2 }, () => session.replay(request()));
    await pool.runs.count(mostReplays);
    expect(pool.runs.all).toHaveLength(mostReplays);
    pool.runs.all[2]?.answer('1');
    await pool.runs.count(mostReplays + 1);
    expect(pool.runs.all).toHaveLength(mostReplays + 1);
    pool.onRun = (run: PendingRun) => run.answer('1');
    for (const run of pool.runs.all) run.answer('1');
    expect((await Promise.all(replays)).every(({ result }) => result.ok)).toBe(true);
  });

  it('is refused for a function that is not served, and when too many wait', async () => {
    const { session } = await world.serve();
    await expect(session.replay(request({ function: 'gone' }))).rejects.toMatchObject({
      code: 'LD_NOT_SERVED',
    });
    for (let count = 0; count < mostReplays + 100; count += 1)
      void session.replay(request()).catch(() => undefined);
    await expect(session.replay(request())).rejects.toMatchObject({ code: 'LD_BUSY' });
  });

  it('has its function’s timeout and a bound for the wait, or Lambda’s longest', async () => {
    const clock = new ManualClock(1_000_000);
    for (const [liftTimeouts, deadlineMs] of [
      [false, 1_063_000],
      [true, 1_900_000],
    ] as const) {
      const { session, pool } = await world.prepare({ clock, liftTimeouts });
      session.onBuild({ type: 'built', code: code('hello'), ms: 1, first: true, changed: [] });
      void session.replay(request());
      const run = await pool.runs.next();
      expect(run.invocation.deadlineMs).toBe(deadlineMs);
      run.answer('1');
    }
  });

  it('ends with the session, and none begins after', async () => {
    const { session, pool, told } = await world.serve();
    const replays = Array.from({ length: mostReplays + 1 }, () => session.replay(request()));
    await pool.runs.count(mostReplays);
    const stopped = session.stop(1000);
    for (const replay of replays)
      expect((await replay).result.error).toMatchObject({ name: 'LiveDebugStoppedError' });
    await stopped;
    expect(pool.cancelled).toHaveLength(mostReplays);
    expect(pool.runs.all).toHaveLength(mostReplays);
    expect(told('result')).toHaveLength(mostReplays + 1);
    expect(told('stopped')).toMatchObject([{ invocations: 0, failed: 0, abandoned: 0 }]);
    await expect(session.replay(request())).rejects.toMatchObject({ code: 'LD_STOPPED' });
  });
});
