// The wrapper of Datadog and the preloaded module of Sentry, as their packages are, around a TypeScript handler.
import { symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import type { FunctionSettings } from '../../src/manifest/function-settings.ts';
import { builtRuntime } from '../worker/built-runtime.ts';
import { PoolHarness } from '../worker/pool-harness.ts';
import { Project } from './project.ts';

const packages = join(dirname(fileURLToPath(import.meta.url)), '../../../test-real/node_modules');
const runtime = builtRuntime();

let project: Project;
afterEach(() => project.remove());

const app = `import { name } from './name.ts';
enum Kind { Answer = 'answer' }
Error.stackTraceLimit = 50;
export const handler = async (event: { callers?: string }) =>
  event.callers ? new Error().stack?.includes(event.callers) : [Kind.Answer, name, event];
`;

async function run(
  settings: Partial<FunctionSettings>,
  environment: Record<string, string>,
  type: string,
  event: unknown,
) {
  project = await Project.create({
    'package.json': JSON.stringify({ type }),
    'src/app.ts': app,
    'src/name.ts': 'export const name: string = "ada";\n',
  });
  await symlink(packages, project.path('node_modules'));
  await project.start([{ name: 'hello', handler: 'src/app.handler', environment, ...settings }]);
  const harness = new PoolHarness(runtime.file);
  const { code } = await project.built();
  harness.pool.use(code);
  const answer = await harness.answer('hello', event, { environment, deadlineMs: Date.now() + 30_000 });
  return {
    answer,
    logs: harness
      .ofType('log')
      .map(({ message }) => message)
      .join('\n'),
  };
}

it.each(['commonjs', 'module'])(
  'Datadog’s wrapper finds the handler of DD_LAMBDA_HANDLER (%s)',
  async (type) => {
    const environment = {
      DD_LAMBDA_HANDLER: 'src/app.handler',
      DD_TRACE_ENABLED: 'false',
      DD_API_KEY: 'x',
      DD_FLUSH_TO_LOG: 'true',
    };
    const handler = 'node_modules/datadog-lambda-js/dist/handler.handler';
    const { answer, logs } = await run({ handler, timeout: 20 }, environment, type, { a: 1 });
    expect(answer, logs).toEqual(['answer', 'ada', { a: 1 }]);
  },
);

it.each(['commonjs', 'module'])('Sentry’s module wraps the handler that runs (%s)', async (type) => {
  const environment = {
    NODE_OPTIONS: '--import @sentry/aws-serverless/awslambda-auto',
    SENTRY_DSN: 'http://key@127.0.0.1:9/1',
    SENTRY_TRACES_SAMPLE_RATE: '1',
  };
  const callers = '@sentry/aws-serverless';
  const { answer, logs } = await run({ timeout: 20 }, environment, type, { callers });
  expect(answer, logs).toBe(true);
});
