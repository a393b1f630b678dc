// `livectl init` with plans that the real terraform wrote (cli/test/init/fixtures), each of a common form of repository.
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Livectl } from './livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function init(fixture: string) {
  const root = mkdtempSync(join(tmpdir(), 'livectl-fixture-'));
  cleanups.push(() => rmSync(root, { recursive: true }));
  cpSync(join(import.meta.dirname, '../init/fixtures', fixture), root, { recursive: true });
  const file = join(root, 'plan.json');
  const livectl = new Livectl(['init', '--dir', root, '--yes', '--terraform-json', file, '--format', 'json']);
  cleanups.push(() => livectl.dispose());
  expect(await livectl.exited).toBe(0);
  const lines = livectl.stdout.trimEnd().split('\n');
  const events: Readonly<Record<string, unknown>>[] = lines.map((line) => JSON.parse(line));
  return { events, functions: JSON.parse(readFileSync(join(root, 'livectl.json'), 'utf8')).functions };
}

test('a monorepo with for_each over a map: sources beside the built packages, no secret', async () => {
  const { events, functions } = await init('monorepo');
  expect(functions).toEqual({
    catalog: {
      handler: 'services/catalog/src/handler.main',
      runtime: 'nodejs22.x',
      timeout: 10,
      memory_size: 256,
      function_name: 'shop-catalog',
      environment: { LOG_LEVEL: 'info' },
      mode: 'wrap',
    },
    checkout: {
      handler: 'services/checkout/src/handler.main',
      runtime: 'nodejs22.x',
      timeout: 20,
      memory_size: 512,
      function_name: 'shop-checkout',
      environment: { LOG_LEVEL: 'debug' },
      mode: 'wrap',
    },
  });
  expect(events.find(({ function: name }) => name === 'checkout')).toMatchObject({
    left_out_variables: ['PAYMENT_API_KEY'],
  });
});

test('nested modules with packages in a bucket: each handler’s only file in the project', async () => {
  const { functions } = await init('nested');
  const common = { runtime: 'nodejs20.x', source_dir: 'src', mode: 'wrap' };
  expect(functions).toEqual({
    invoice: { handler: 'invoice.handler', function_name: 'billing-invoice', ...common },
    reminder: { handler: 'reminder.handler', function_name: 'billing-reminder', ...common },
  });
});

test('Python with count and a layer, and an image that is left out', async () => {
  const { events, functions } = await init('python');
  const layers = ['arn:aws:lambda:eu-west-1:123456789012:layer:tools:3'];
  const common = {
    ...{ handler: 'app/tasks.run', runtime: 'python3.12', layers, source_dir: 'src', mode: 'wrap' },
  };
  expect(functions).toEqual({
    worker: { function_name: 'worker-0', ...common },
    'worker-2': { function_name: 'worker-1', ...common },
  });
  expect(events.filter(({ event }) => event === 'left_out')).toContainEqual(
    expect.objectContaining({
      address: 'aws_lambda_function.model',
      reason: expect.stringContaining('container image'),
    }),
  );
});
