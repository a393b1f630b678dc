// examples/fan-out, both functions behind one `serve --local`: an order over HTTP reaches the subscriber of the topic.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Livectl, repository } from './livectl-process.ts';

test('an order that is posted to api is published, and worked on by worker', async () => {
  const root = join(repository, 'examples', 'fan-out');
  const livectl = new Livectl(['serve', '--local', '--root', root, '--port', '0', '--format', 'json']);
  try {
    const { functions, trigger_args } = await livectl.event('ready');
    expect(functions).toMatchObject([
      { name: 'api', method: 'POST', triggers: ['http'] },
      { name: 'worker', triggers: ['sns'] },
    ]);
    expect(trigger_args).toEqual(['--local', '--root', root]);
    const url = functions.find(({ name }) => name === 'api')?.url ?? '';
    expect(new URL(url).pathname).toBe('/orders');
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"item":"tea"}',
      signal: AbortSignal.timeout(20_000),
    });
    expect(response.status).toBe(202);
    const { order } = (await response.json()) as { order: string };
    const worked = await livectl.event('invoke', (event) => event.function === 'worker');
    expect(worked).toMatchObject({ trigger: 'SNS live-debug-local-orders', source_ids: [order] });
    await livectl.event('log', (event) => event.message === `making tea for order ${order}`);
    expect(await livectl.event('result', (event) => event.id === worked.id)).toMatchObject({ ok: true });
    expect(await livectl.stop()).toBe(0);
  } finally {
    await livectl.dispose();
  }
});
