// Invocations as the session reports them, for tests of what is recorded.
import type { BegunInvocation, EndedInvocation } from '../../src/session/invocation-watcher.ts';

export const begunAtMs = Date.parse('2026-03-01T10:00:00.000Z');

export function begun(key: string, more: Partial<BegunInvocation> = {}): BegunInvocation {
  return {
    key,
    invoke: { event: 'invoke', id: `request-${key}`, function: 'hello', trigger: 'GET /hello' },
    event: Buffer.from('{"rawPath": "/hello"}'),
    context: { arn: 'arn:hello', deadlineMs: begunAtMs + 10_000, instance: 'i-1' },
    source: { kind: 'http' },
    sentMs: begunAtMs - 20,
    arrivedMs: begunAtMs,
    ...more,
  };
}

export function ended(
  key: string,
  {
    result,
    ...more
  }: Partial<Omit<EndedInvocation, 'result'>> & {
    readonly result?: Partial<EndedInvocation['result']>;
  } = {},
): EndedInvocation {
  const body = more.body ?? Buffer.from('{"ok":true}');
  return {
    key,
    result: {
      event: 'result',
      id: `request-${key}`,
      function: 'hello',
      ok: true,
      ms: 100,
      code_ms: 50,
      ...result,
    },
    body,
    bytes: body.length,
    contentType: 'application/json',
    answeredMs: begunAtMs + 60,
    deliveredMs: begunAtMs + 80,
    build: 1,
    hash: '0123456789ab',
    ...more,
  };
}
