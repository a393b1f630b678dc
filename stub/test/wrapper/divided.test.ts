// The built wrapper with a batch of which a client and the deployed code each get a part: the runtime sees its parts, Lambda one answer.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deployedClientContext } from '../../../protocol/deployed-request.ts';
import {
  arns,
  batchOf,
  idsIn,
  linesOf,
  reported,
  type Source,
  type TestRecord,
} from '../batch/batch-events.ts';
import type { FakeClient } from '../harness/fake-client.ts';
import { changedLayer } from './harness/changed-layer.ts';
import type { Options } from './harness/instances.ts';
import { useWrappedWorld } from './harness/wrapped-world.ts';

const world = useWrappedWorld();
const response = '/2018-06-01/runtime/invocation/a/response';
const failure = '/2018-06-01/runtime/invocation/a/error';
const partial = { LIVE_DEBUG_PARTIAL_FAILURES: Object.values(arns).join(',') };

/** Reports the records whose identifiers are in FAILS; writes what it got before it answers. */
const consumer = `
  exports.handler = async (event, context) => {
    const ids = event.Records.map((each) => each.messageId ?? each.kinesis.sequenceNumber);
    require('node:fs').appendFileSync(process.env.TOOK, JSON.stringify([context.awsRequestId, ids]) + '\\n');
    if (process.env.FAILS === 'all') throw new TypeError('deployed is broken');
    if (process.env.FAILS === 'exit') process.exit(7);
    const failed = ids.filter((id) => (process.env.FAILS ?? '').split(',').includes(id));
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
`;

const filter = JSON.stringify({
  only: 'dev',
  facts: { $or: [{ attribute: { dev: ['tom'] } }, { detail: { dev: ['tom'] } }] },
});
const tom = (fields = {}) => world.serve({ item: 'client#hello#1', filter, ...fields });

const records: readonly TestRecord[] = ['rest', 'tom', 'tom', 'rest', 'tom'].map((owner, index) => ({
  owner,
  id: `${index + 1}`,
}));

/** The identifiers of each part that the client gets, which it answers with `answer`. */
function answering(client: FakeClient, answer: unknown): string[] {
  const parts: string[] = [];
  client.onMessage = (received) => {
    const { message } = received;
    if (message.type !== 'invoke') return;
    parts.push(idsIn(message.body).join(' '));
    if (answer instanceof Error)
      void client.fail({ ...received, message }, { errorType: 'RangeError', errorMessage: answer.message });
    else void client.answer({ ...received, message }, JSON.stringify(answer));
  };
  return parts;
}

async function consuming(fails = '', options: Options = {}) {
  const { environment, ...rest } = options;
  const file = join(world.folder({ took: '' }), 'took');
  const started = await world.wrapped({
    taskRoot: world.folder({ 'app.js': consumer }),
    ...rest,
    environment: { ...partial, FAILS: fails, TOOK: file, ...environment },
  });
  const took = () => linesOf(file).map((line) => JSON.parse(line) as unknown);
  return { ...started, took };
}

const batch = (source: Source, of = records) => ({
  id: 'a',
  event: JSON.stringify(batchOf(source, of)),
  timeoutMs: 60_000,
});

describe('a batch of a client and the deployed code', () => {
  it.each<[Source, string[], unknown[]]>([
    ['queue', ['2 3 5'], [['1', '4']]],
    ['fifo', ['2 3', '5'], [['1'], ['4']]],
    ['kinesis', ['2 3', '5'], [['1'], ['4']]],
  ])('of %s goes to both in parts, and Lambda gets one answer', async (source, toms, others) => {
    const parts = answering(await tom(), null);
    const { api, took } = await consuming();
    const { body, path } = await api.invoke(batch(source));
    expect([path, JSON.parse(`${body}`)]).toEqual([response, reported()]);
    expect(parts).toEqual(toms);
    expect(took()).toEqual(others.map((ids) => ['a', ids]));
    await api.until(() => api.isWaiting);
    expect(api.requests).toHaveLength(1);
    // The next invocation is one as any other.
    const { path: next } = await api.invoke({ ...batch(source, records.slice(0, 1)), id: 'b' });
    expect(next).toBe('/2018-06-01/runtime/invocation/b/response');
    expect(took().at(-1)).toEqual(['b', ['1']]);
  });

  it('reports what each of them does', async () => {
    answering(await tom(), reported('3'));
    const { api, took } = await consuming('4');
    const { body } = await api.invoke(batch('queue'));
    const { batchItemFailures } = JSON.parse(`${body}`) as ReturnType<typeof reported>;
    expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier).sort()).toEqual(['3', '4']);
    expect(took()).toHaveLength(1);
  });

  it.each<[string, string, unknown, string[]]>([
    ['the deployed code throws', 'all', null, ['1', '4']],
    ['the client’s code throws', '', new Error('local is broken'), ['2', '3', '5']],
  ])('reports the part’s records if %s', async (_name, fails, answer, failed) => {
    answering(await tom(), answer);
    const { api, instance } = await consuming(fails);
    const { body, path } = await api.invoke(batch('queue'));
    expect(path).toBe(response);
    const { batchItemFailures } = JSON.parse(`${body}`) as ReturnType<typeof reported>;
    expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier).sort()).toEqual(failed);
    expect(JSON.stringify(instance.ownLines)).toMatch(/a part of a batch failed.*is broken/);
  });

  it('fails with the error as the deployed code’s runtime reported it if both throw', async () => {
    answering(await tom(), new Error('local is broken'));
    const { api } = await consuming('all');
    const { body, headers, path } = await api.invoke(batch('kinesis'));
    expect(path).toBe(failure);
    expect(JSON.parse(`${body}`)).toMatchObject({
      errorType: 'TypeError',
      errorMessage: 'deployed is broken',
    });
    expect(headers.join()).toContain('Lambda-Runtime-Function-Error-Type,TypeError');
  });

  it('has the client’s part run by the deployed code if nobody can begin it', async () => {
    const client = await tom();
    const parts = answering(client, null);
    const { api, took } = await consuming();
    world.relay.disconnect(client.connectionId);
    const { body } = await api.invoke(batch('queue'));
    expect(JSON.parse(`${body}`)).toEqual(reported());
    expect(parts).toEqual([]);
    expect(took()).toEqual([
      ['a', ['1', '4']],
      ['a', ['2', '3', '5']],
    ]);
  });

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['the source takes no partial failures', { LIVE_DEBUG_PARTIAL_FAILURES: arns.kinesis }, {}],
    ['the caller asks for the deployed code', {}, { 'Lambda-Runtime-Client-Context': deployedClientContext }],
  ])('goes whole to the deployed code if %s', async (_name, environment, headers) => {
    const parts = answering(await tom(), null);
    const { api, took } = await consuming('', { environment });
    const { body } = await api.invoke({ ...batch('queue'), headers });
    expect(JSON.parse(`${body}`)).toEqual(reported());
    expect(took()).toEqual([['a', ['1', '2', '3', '4', '5']]]);
    expect(parts).toEqual([]);
  });

  it('fails as a whole if the runtime ends with it', async () => {
    answering(await tom(), null);
    const { api, instance } = await consuming('exit');
    api.give(batch('queue'));
    expect(await instance.ended).toBe(7);
    expect(api.requests.filter(({ path }) => path === response)).toEqual([]);
  });

  it('is answered where the deployed code streams its part', async () => {
    answering(await tom(), null);
    const streaming = (end: string) => ({
      'app.js': `exports.handler = awslambda.streamifyResponse(async (event, stream) => { stream.write('{"batchItem'); ${end} });`,
    });
    const good = await consuming('', {
      taskRoot: world.folder(streaming(`stream.end('Failures":[{"itemIdentifier":"4"}]}');`)),
    });
    expect(JSON.parse(`${(await good.api.invoke(batch('queue'))).body}`)).toEqual(reported('4'));
    const bad = await consuming('', {
      taskRoot: world.folder(
        streaming(`await new Promise((go) => setImmediate(go)); throw new TypeError('half-way');`),
      ),
    });
    expect(JSON.parse(`${(await bad.api.invoke(batch('queue'))).body}`)).toEqual(reported('1', '4'));
  });
});

describe('with a lazy init, a batch', () => {
  const lazy = { LIVE_DEBUG_WRAP_INIT: 'lazy' };

  it('starts the deployed code for its part', async () => {
    const parts = answering(await tom(), null);
    const { api, took } = await consuming('', { environment: lazy });
    expect(took()).toEqual([]);
    const { body } = await api.invoke(batch('kinesis'));
    expect(JSON.parse(`${body}`)).toEqual(reported());
    expect([parts, took()]).toEqual([
      ['2 3', '5'],
      [
        ['a', ['1']],
        ['a', ['4']],
      ],
    ]);
  });

  it('reports the part if the deployed code does not load', async () => {
    answering(await tom(), null);
    const taskRoot = world.folder({ 'app.js': `throw new Error('does not load');` });
    const { api } = await consuming('', { environment: lazy, taskRoot });
    const { body, path } = await api.invoke(batch('queue'));
    expect([path, JSON.parse(`${body}`)]).toEqual([response, reported('1', '4')]);
  });
});

/** Steps of ours: a part's answer must never become the whole batch's. */
const steps: [string, string][] = [
  ['stub/src/wrapper/divided.ts', 'run(event: Uint8Array): Promise<Uint8Array> {'],
  ['stub/src/wrapper/divided.ts', 'async take('],
  ['stub/src/wrapper/divided.ts', 'async function wholeOf('],
  ['stub/src/wrapper/divided.ts', 'async next(): Promise<Whole | undefined> {'],
  ['stub/src/wrapper/runtime-proxy.ts', 'function writeHead('],
  ['stub/src/wrapper/runtime-proxy.ts', '#pathOf('],
  ['stub/src/wrapper/message-headers.ts', 'export function messageHeaders('],
  ['stub/src/wrapper/decide.ts', 'function divide('],
  ['stub/src/wrapper/decide.ts', 'async function postWhole('],
  ['stub/src/wrapper/relayed.ts', 'async batch('],
  ['stub/src/wrapper/relayed.ts', 'async answer('],
  ['stub/src/batch/split-batch.ts', 'export function splitBatch('],
  ['stub/src/batch/split-batch.ts', 'async answer('],
  ['stub/src/batch/split-batch.ts', '#eventOf(part: readonly OwnedRecord[]): Buffer {'],
  ['protocol/record-spans.ts', 'export function recordSpans('],
  ['protocol/batch-answer.ts', 'export function failedRecords('],
];

describe('an exception in', () => {
  it.each(steps)('%s: %s never loses a record', async (file, line) => {
    const parts = answering(await tom(), null);
    const layer = await changedLayer(world.folder({}), [{ file, line }]);
    const { api, instance, took } = await consuming('', { layer });
    api.give(batch('queue'));
    const ended = instance.ended.then(() => undefined);
    const answer = await Promise.race([api.answerTo('a'), ended]);
    // Where the instance ends, or the answer is an error, Lambda gives the whole batch again.
    if (answer === undefined) return;
    expect(JSON.stringify(instance.ownLines) + answer.body).toContain('injected');
    if (answer.path !== response) return;
    const { batchItemFailures = [] } = JSON.parse(`${answer.body}`) as ReturnType<typeof reported>;
    const failed = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    const handled = [
      ...parts.flatMap((part) => part.split(' ')),
      ...took().flatMap((each) => (each as [string, string[]])[1]),
    ];
    for (const { id } of records) expect(failed.includes(id) || handled.includes(id), id).toBe(true);
    expect(new Set(handled).size).toBe(handled.length);
  });
});
