// `livectl init` with plans that the real terraform wrote, and states built by hand for providers that tests do not have
// (cli/test/init/fixtures), each of a common form of repository.
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Livectl } from './livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function init(fixture: string, name = 'plan.json') {
  const root = mkdtempSync(join(tmpdir(), 'livectl-fixture-'));
  cleanups.push(() => rmSync(root, { recursive: true }));
  cpSync(join(import.meta.dirname, '../init/fixtures', fixture), root, { recursive: true });
  const file = join(root, name);
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

test('terraform-aws-modules/lambda: each form of source_path, and packages that it does not write', async () => {
  const { events, functions } = await init('lambda-module', 'state.json');
  const node = { runtime: 'nodejs22.x', mode: 'wrap' };
  const python = { runtime: 'python3.12', mode: 'wrap' };
  expect(functions).toEqual({
    api: {
      handler: 'src/api/index.handler',
      function_name: 'shop-api',
      environment: { STAGE: 'dev' },
      ...node,
    },
    file: { handler: 'index.handler', source_dir: 'src/file', function_name: 'shop-file', ...python },
    'eu-mail': {
      handler: 'index.handler',
      source_dir: 'services/mail',
      function_name: 'shop-eu-mail',
      ...node,
    },
    'eu-report': {
      handler: 'index.handler',
      source_dir: 'services/report',
      function_name: 'shop-eu-report',
      ...node,
    },
    pip: { handler: 'main.run', source_dir: 'src/pip', function_name: 'shop-pip', ...python },
    prebuilt: { handler: 'prebuilt.handler', source_dir: 'src', function_name: 'shop-prebuilt', ...node },
    stored: { handler: 'stored.handler', source_dir: 'src/stored', function_name: 'shop-stored', ...node },
  });
  expect(events.filter(({ event }) => event === 'left_out')).toEqual([
    expect.objectContaining({ address: 'module.thumbs.aws_lambda_function.this[0]' }),
  ]);
  const { by_hand, diff } = events.find(({ event }) => event === 'terraform') ?? {};
  expect(diff).toContain(
    '+  layers                = lookup(module.live_debug.layers, lookup({ "eu/mail" = "eu-mail", "eu/report" = "eu-report" }, each.key, ""), [])',
  );
  expect(diff).toContain('"eu-mail"   = { name = module.jobs["eu/mail"].lambda_role_name, arn = ');
  // Its block is not in the project.
  expect(by_hand).toEqual([expect.stringContaining('module.pip.aws_lambda_function.this[0]: layers')]);
});

test('archive_file: a folder for each copy by count, a single file, and parts', async () => {
  const { events, functions } = await init('archive', 'state.json');
  const node = { runtime: 'nodejs22.x', mode: 'wrap' };
  expect(functions).toEqual({
    worker: { handler: 'index.handler', source_dir: 'workers/a', function_name: 'worker-a', ...node },
    'worker-2': { handler: 'index.handler', source_dir: 'workers/b', function_name: 'worker-b', ...node },
    single: {
      handler: 'lambda.run',
      source_dir: 'single',
      function_name: 'single',
      runtime: 'python3.12',
      mode: 'wrap',
    },
    parts: { handler: 'app/parts.handler', source_dir: 'shared', function_name: 'parts', ...node },
  });
  const { diff } = events.find(({ event }) => event === 'terraform') ?? {};
  expect(diff).toContain(
    '+  layers = lookup(module.live_debug.layers, try(["worker", "worker-2"][count.index], ""), [])',
  );
});
