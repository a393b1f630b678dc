// Time as users meet it, on the built file: a function is ended at its timeout, and runs on under --no-timeout.
import { afterEach, expect, test } from 'vitest';
import { Livectl, project } from './livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Serves a function with a timeout of 1 s that takes 1.5 s and answers with its remaining time. */
function serveSlow(...flags: string[]): Livectl {
  const { root, remove } = project({
    'livectl.json': JSON.stringify({
      functions: {
        slow: { handler: 'slow.handler', runtime: 'nodejs20.x', timeout: 1, triggers: { http: {} } },
      },
    }),
    'slow.mjs': `export const handler = async (event, context) => {
      const remaining = context.getRemainingTimeInMillis();
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return { remaining };
    };`,
  });
  const livectl = new Livectl([
    'serve',
    '--local',
    '--port',
    '0',
    '--format',
    'json',
    '--root',
    root,
    ...flags,
  ]);
  cleanups.push(remove, () => livectl.dispose());
  return livectl;
}

test('a function is ended at its own timeout, in Lambda’s words', async () => {
  const livectl = serveSlow();
  const answer = await fetch(`${await livectl.url()}/slow`);
  expect(answer.status).toBe(500);
  const { error, id } = await livectl.event('result');
  expect(error).toMatchObject({
    name: 'Sandbox.Timedout',
    message: `RequestId: ${id} Error: Task timed out after 1.00 seconds`,
  });
});

test('with --no-timeout it keeps running, and sees the time that is really left', async () => {
  const livectl = serveSlow('--no-timeout');
  const answer = await fetch(`${await livectl.url()}/slow`);
  expect(answer.status).toBe(200);
  // The local cloud waits a day, so that nothing is cut short at a breakpoint.
  const { remaining } = (await answer.json()) as { remaining: number };
  expect(remaining).toBeGreaterThan(23 * 60 * 60 * 1000);
  expect(remaining).toBeLessThanOrEqual(24 * 60 * 60 * 1000);
});
