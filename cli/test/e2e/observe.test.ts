// `serve --observe`: the deployed code answers, and its events and answers are shown on another machine, where nothing runs.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { documented } from '../../../terraform/test/documented.ts';
import { openRecordings } from '../../src/recordings/recordings-folder.ts';
import type { ObservedInvoke } from '../../src/session/session-event.ts';
import { developerEnvironment } from './developer-environment.ts';
import { Livectl, project } from './livectl-process.ts';
import { SharedStage } from './shared-stage.ts';

const words = documented('docs/observe.md', 'livectl serve --stage staging --observe');
const command = words.map((word) => word.replace('staging', 'dev'));

let shared: SharedStage;
let observers: Livectl[];
let empty: ReturnType<typeof project>;

beforeEach(async () => {
  observers = [];
  empty = project({});
  shared = await SharedStage.start();
  await shared.putManifest({ understands: ['filters', 'observe'] });
});
afterEach(async () => {
  for (const each of observers) await each.dispose();
  await shared.close();
  empty.remove();
});

/** From an empty folder: no code, no livectl.json. */
function observe(...flags: string[]): Livectl {
  const args = [...command, '--format', 'json', '--root', empty.root, ...flags];
  const livectl = new Livectl(args, { env: developerEnvironment(shared.cloud) });
  observers.push(livectl);
  return livectl;
}

const functions = ['--function', 'orders', '--function', 'falls-back'];

const observed = async (livectl: Livectl, is: (each: ObservedInvoke) => boolean = () => true) =>
  (await livectl.event('invoke', (each) =>
    is(each as unknown as ObservedInvoke),
  )) as unknown as ObservedInvoke;

test('what the deployed code of a wrapped function answers is reported as observed, and nothing runs here', async () => {
  const livectl = observe(...functions, '--verbose');
  const ready = await livectl.event('ready');
  expect(ready).toMatchObject({ stage: 'dev', observe: { per_second: 10 } });
  expect(await shared.call('orders', { 'x-dev': 'tom' }, '?a=1')).toBe('deployed?a=1');
  const { event_text, result_text, ...copy } = (await observed(livectl)) as ObservedInvoke &
    Record<string, unknown>;
  expect(copy).toMatchObject({
    ...{
      observed: true,
      function: 'orders',
      trigger: 'GET /?a=1',
      answered_by: 'deployed',
      ok: true,
      status: 200,
    },
    ...{ event_bytes: String(event_text).length, result_bytes: String(result_text).length },
  });
  expect(copy).not.toHaveProperty('bodies');
  expect(JSON.parse(String(event_text))).toMatchObject({
    headers: { 'x-dev': 'tom' },
    rawQueryString: 'a=1',
  });
  expect(JSON.parse(String(result_text))).toEqual({ statusCode: 200, body: 'deployed?a=1' });
  expect(await livectl.stop()).toBe(0);
  expect(livectl.events.at(-1)).toMatchObject({ event: 'stopped', invocations: 1, failed: 0 });
  expect(await shared.directory.clients('dev')).toEqual([]);
  const recordings = openRecordings(empty.root);
  const [row] = await recordings.list({});
  expect(row).toMatchObject({ observed: true, answered_by: 'deployed', function: 'orders', status: 'ok' });
  const answer = await recordings.body(row?.key ?? '', 'result');
  expect(Buffer.from(answer?.bytes ?? []).toString()).toBe(result_text);
});

test('what a fallback answers is reported with the next invocation at the latest', async () => {
  const livectl = observe(...functions);
  await livectl.event('ready');
  for (const query of ['?n=1', '?n=2'])
    expect(await shared.call('falls-back', {}, query)).toBe(`deployed${query}`);
  expect(await observed(livectl)).toMatchObject({
    function: 'falls-back',
    answered_by: 'fallback',
    trigger: 'GET /?n=1',
  });
});

test('observers and those who serve leave each other alone; status lists both', async () => {
  const first = observe(...functions, '--only', 'header:x-dev=tom');
  const second = observe('--function', 'orders');
  const tom = shared.serve('tom', '--only', 'header:x-dev=tom');
  const rest = shared.serve('rest', '--function', 'falls-back');
  for (const each of [first, second, tom, rest]) await each.event('ready');
  expect(await shared.call('orders', { 'x-dev': 'tom' })).toBe('tom');
  expect(await shared.call('orders', { 'x-dev': 'ann' })).toBe('deployed');
  expect(await shared.call('falls-back')).toBe('rest');
  expect((await observed(second)).trigger).toBe('GET /');
  const { stdout } = await shared.livectl('status', '--stage', 'dev', '--format', 'json');
  const { clients } = JSON.parse(stdout) as { clients: Record<string, unknown>[] };
  const listed = clients.map(({ function: name, observe: does, only }) => [name, only ?? '', does ?? false]);
  expect(listed.sort()).toEqual(
    [
      ['falls-back', '', false],
      ['falls-back', 'header:x-dev=tom', false],
      ['falls-back', 'header:x-dev=tom', true],
      ['orders', '', true],
      ['orders', 'header:x-dev=tom', false],
      ['orders', 'header:x-dev=tom', true],
    ].sort(),
  );
  expect(await tom.stop()).toBe(0);
  expect(await shared.call('orders', { 'x-dev': 'tom' })).toBe('deployed');
  expect(await observed(first)).toMatchObject({ function: 'orders', only: 'header:x-dev=tom' });
  expect([first, second].flatMap(({ events }) => events).some(({ event }) => event === 'displaced')).toBe(
    false,
  );
  const { stdout: words } = await shared.livectl('status', '--stage', 'dev');
  expect(words).toMatch(/observed by .* \(orders only, where header:x-dev=tom\)/);
});

test('an observer that is killed or stopped changes no answer', async () => {
  const livectl = observe(...functions);
  await livectl.event('ready');
  expect(await shared.call('orders')).toBe('deployed');
  await observed(livectl);
  livectl.child.kill('SIGSTOP');
  for (let count = 0; count < 20; count += 1) expect(await shared.call('orders')).toBe('deployed');
  livectl.child.kill('SIGKILL');
  for (let count = 0; count < 5; count += 1) expect(await shared.call('orders')).toBe('deployed');
});

test('in the terminal each copy is one line, marked observed, with its bodies under --verbose', async () => {
  const args = ['serve', '--stage', 'dev', '--observe', '--function', 'orders', '--verbose'];
  const livectl = new Livectl(args, { env: developerEnvironment(shared.cloud) });
  observers.push(livectl);
  const shows = (words: string) => livectl.until(() => livectl.stdout.includes(words), words);
  await shows('Observing orders of stage dev');
  await shared.call('orders', {}, '?x=%1b%5b31m');
  await shows('"body":"deployed?x=');
  expect(livectl.stdout).toMatch(
    /orders GET \/\?x=\S* observed 200 [\d.]+ ms \(deployed code, event [\d.]+ (bytes|KB), answer \d+ bytes\)/,
  );
  expect(livectl.stdout).not.toContain('\u001b');
});

test('of a stage of an earlier module nothing would arrive: it says so and ends', async () => {
  await shared.putManifest({ understands: ['filters'] });
  const livectl = observe(...functions);
  expect(await livectl.exited).toBe(2);
  expect(livectl.stdout).toContain('stage dev cannot be observed: its module is of an earlier version');
});

test('a function that no deployed code stands behind can’t be observed, which is said', async () => {
  const refused = observe('--function', 'replaced');
  expect(await refused.exited).toBe(2);
  expect(refused.stdout).toContain('replaced of stage dev: replaced without fallback_arn');
  const some = observe();
  await some.event('notice', ({ message }) => message.startsWith('replaced of stage dev'));
  await some.event('ready');
});

test.each([
  [
    ['--no-takeover', '--max-workers', '3'],
    '--observe runs no code here: leave out --no-takeover, --max-workers',
  ],
  [['--inspect'], 'leave out --inspect'],
  [['--sample', '10'], '--sample must be 0.1/s to 1000/s, for example 10/s, not 10'],
  [['--sample', '0/s'], '--sample must be'],
  [['--sample', '5000/s'], '--sample must be'],
  [['--only', 'heder:x=1'], 'is not a filter'],
])('%j is refused', async (flags, words) => {
  const livectl = observe(...flags);
  expect(await livectl.exited).toBe(2);
  expect(livectl.stdout + livectl.stderr).toContain(words);
});
