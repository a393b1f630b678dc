// Runtimes that came out after this livectl, on the built file: each family runs, and one that nobody knows stops no other.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { python } from '../worker/python-interpreter.ts';
import { Livectl, project } from './livectl-process.ts';

const program = `
const api = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime/invocation';
for (;;) {
  const next = await fetch(api + '/next');
  const id = next.headers.get('lambda-runtime-aws-request-id');
  await fetch(api + '/' + id + '/response', { method: 'POST', body: JSON.stringify(process.env.AWS_EXECUTION_ENV) });
}`;

const command = [process.execPath, 'program.mjs'];
const functions = {
  // With three parameters a handler of nodejs24 on is refused, one of nodejs22 is called with a callback.
  node: { handler: 'app.handler', runtime: 'nodejs28.x' },
  callback: { handler: 'callback.handler', runtime: 'nodejs28.x' },
  python: { handler: 'app.handler', runtime: 'python3.15' },
  ruby: { handler: 'app.handler', runtime: 'ruby4.0', command },
  known: { handler: 'app.handler', runtime: 'cobol2.x', command },
  unknown: { handler: 'app.handler', runtime: 'cobol2.x' },
  java: { handler: 'app.handler', runtime: 'java29' },
};

let livectl: Livectl;
let remove: () => void;

beforeAll(async () => {
  const made = project({
    'livectl.json': JSON.stringify({
      functions: { ...functions, python: { ...functions.python, python } },
    }),
    'app.ts': 'export const handler = async (): Promise<unknown> => process.env.AWS_EXECUTION_ENV;',
    'callback.js': 'exports.handler = (event, context, callback) => callback(null, 1);',
    'app.py': 'import os\ndef handler(event, context):\n    return os.environ["AWS_EXECUTION_ENV"]\n',
    'program.mjs': program,
  });
  remove = made.remove;
  livectl = new Livectl(['serve', '--local', '--port', '0', '--format', 'json', '--root', made.root]);
  await livectl.event('ready');
});

afterAll(async () => {
  await livectl.dispose();
  remove();
});

const call = async (name: string) => {
  const response = await fetch(`${await livectl.url()}/${name}`, { signal: AbortSignal.timeout(20_000) });
  return `${response.status} ${await response.text()}`;
};

test('each family runs, whatever its version', async () => {
  expect(await call('node')).toBe('200 AWS_Lambda_nodejs28.x');
  expect(await call('python')).toBe('200 AWS_Lambda_python3.15');
  expect(await call('ruby')).toBe('200 AWS_Lambda_ruby4.0');
  expect(await call('known')).toBe('200 AWS_Lambda_cobol2.x');
});

test('what goes by the version goes by its number', async () => {
  expect(await call('callback')).toMatch(/^500 /);
  const { error } = await livectl.event('result', (event) => event.function === 'callback');
  expect(error?.name).toBe('Runtime.CallbackHandlerDeprecated');
});

test('one that needs a command fails alone, and the error says what to do', async () => {
  await livectl.event('notice', ({ message }) =>
    message.startsWith('unknown: livectl does not know the runtime "cobol2.x"'),
  );
  const notices = livectl.events.flatMap((event) => (event.event === 'notice' ? [event.message] : []));
  expect(notices.filter((message) => message.startsWith('java'))).toEqual([]);
  for (const [name, runtime] of [
    ['unknown', 'cobol2.x'],
    ['java', 'java29'],
  ]) {
    const { errors } = await livectl.event('build_error', (event) => event.function === name);
    expect(errors[0]?.text).toContain(`functions.${name}.command: is required for ${runtime}`);
  }
  expect(await call('unknown')).toMatch(/^500 /);
  const { error } = await livectl.event('result', (event) => event.function === 'unknown');
  expect(error).toMatchObject({
    name: 'LiveDebugBuildError',
    message: expect.stringContaining('functions.unknown.command'),
  });
});
