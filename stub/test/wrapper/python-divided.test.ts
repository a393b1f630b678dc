// A wrapped Python function with a batch of which clients and the deployed code each get a part: the runtime sees its parts, Lambda
// one answer.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
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
import { useWorld } from '../harness/world.ts';
import { layerWith } from './harness/python-faults.ts';
import { livectlRuntime, usePythonFunctions } from './harness/python-functions.ts';

const world = useWorld();
const functions = usePythonFunctions(world);
const response = '/2018-06-01/runtime/invocation/a/response';
const partial = { LIVE_DEBUG_PARTIAL_FAILURES: Object.values(arns).join(',') };

const code = `
import json, os
def handler(event, context):
    ids = [each.get("messageId") or each["kinesis"]["sequenceNumber"] for each in event["Records"]]
    with open(os.environ["TOOK"], "a") as took: took.write(json.dumps(ids) + "\\n")
    if os.environ.get("FAILS") == "all": raise TypeError("deployed is broken")
    failed = [name for name in ids if name in os.environ.get("FAILS", "").split(",")]
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}
`;

const filters = (name: string) =>
  JSON.stringify({
    only: 'dev',
    facts: { $or: [{ attribute: { dev: [name] } }, { detail: { dev: [name] } }] },
  });

/** The identifiers of each part that the client gets. */
async function serving(
  name: string,
  answer: unknown = null,
): Promise<{ client: FakeClient; parts: string[] }> {
  const client = await world.serve({ item: `client#hello#${name}`, filter: filters(name) });
  const parts: string[] = [];
  client.onMessage = (received) => {
    const { message } = received;
    if (message.type !== 'invoke') return;
    parts.push(idsIn(message.body).join(' '));
    if (answer instanceof Error)
      void client.fail({ ...received, message }, { errorType: 'RangeError', errorMessage: answer.message });
    else void client.answer({ ...received, message }, JSON.stringify(answer));
  };
  return { client, parts };
}

async function consuming(fails = '', environment: Record<string, string> = {}, layer?: string) {
  const file = join(functions.folder({ took: '' }), 'took');
  const started = await functions.ready(code, {
    environment: { FAILS: fails, TOOK: file, ...environment },
    runtime: livectlRuntime,
    ...(layer === undefined ? {} : { layer }),
  });
  functions.invokeApi.stub = await world.lambda({
    stubFile: world.built.besideFile,
    environment: { ...partial, LIVE_DEBUG_PATIENCE: '10' },
  });
  const took = () => linesOf(file).map((line) => JSON.parse(line) as string[]);
  return { ...started, took };
}

const records: readonly TestRecord[] = ['rest', 'tom', 'ann', 'rest', 'tom'].map((owner, index) => ({
  owner,
  id: `${index + 1}`,
}));
const batch = (source: Source) => ({
  id: 'a',
  event: JSON.stringify(batchOf(source, records)),
  timeoutMs: 60_000,
});
const failuresOf = (body: Buffer) =>
  (JSON.parse(`${body}`) as ReturnType<typeof reported>).batchItemFailures
    .map(({ itemIdentifier }) => itemIdentifier)
    .sort();

describe('a batch of clients and the deployed code of Python', () => {
  it.each<[Source, string[], string[], string[][]]>([
    ['queue', ['2 5'], ['3'], [['1', '4']]],
    ['kinesis', ['2', '5'], ['3'], [['1'], ['4']]],
    ['fifo', ['2', '5'], ['3'], [['1'], ['4']]],
  ])('of %s goes to each in parts, and Lambda gets one answer', async (source, toms, anns, others) => {
    const tom = await serving('tom');
    const ann = await serving('ann');
    const { api, took } = await consuming();
    const { body, path } = await api.invoke(batch(source));
    expect([path, JSON.parse(`${body}`)]).toEqual([response, reported()]);
    await api.until(() => api.isWaiting);
    expect([tom.parts, ann.parts, took()]).toEqual([toms, anns, others]);
    expect(api.requests).toHaveLength(1);
    // The next invocation is one as any other.
    const next = await api.invoke({
      ...batch(source),
      event: JSON.stringify(batchOf(source, records.slice(0, 1))),
      id: 'b',
    });
    expect(next.path).toBe('/2018-06-01/runtime/invocation/b/response');
  });

  it('reports what each of them does, and whole parts that fail', async () => {
    await serving('tom', reported('5'));
    await serving('ann', new Error('local is broken'));
    const { api, instance } = await consuming('4');
    expect(failuresOf((await api.invoke(batch('queue'))).body)).toEqual(['3', '4', '5']);
    expect(JSON.stringify(instance.ownLines)).toContain('local is broken');
  });

  it.each<[string, unknown, string[]]>([
    ['an invalid answer', ['x'], ['2', '5']],
    ['a record of another part', reported('1'), ['2', '5']],
    ['an empty identifier', reported(''), ['2', '5']],
    ['no list', {}, []],
    ['a list that is null', { batchItemFailures: null }, []],
  ])('takes %s as AWS does', async (_name, answer, failed) => {
    await serving('tom', answer);
    await serving('ann');
    const { api } = await consuming();
    expect(failuresOf((await api.invoke(batch('queue'))).body)).toEqual(failed);
  });

  it('keeps the order of a shard: what follows a failure is reported, not handled', async () => {
    const tom = await serving('tom', reported('2'));
    const ann = await serving('ann');
    const { api, took } = await consuming();
    expect(failuresOf((await api.invoke(batch('kinesis'))).body)).toEqual(['2', '3', '4', '5']);
    expect([tom.parts, ann.parts, took()]).toEqual([['2'], [], [['1']]]);
  });

  it('fails with an error if all parts do', async () => {
    for (const name of ['tom', 'ann']) await serving(name, new Error('local is broken'));
    const { api } = await consuming('all');
    const { body, path } = await api.invoke(batch('queue'));
    expect(path).toBe(response.replace('response', 'error'));
    expect(`${body}`).toMatch(/is broken/);
  });

  it('is the deployed code’s if a client is gone', async () => {
    const tom = await serving('tom');
    const ann = await serving('ann');
    const { api, took } = await consuming();
    world.relay.disconnect(tom.client.connectionId);
    expect(failuresOf((await api.invoke(batch('queue'))).body)).toEqual([]);
    expect([tom.parts, ann.parts]).toEqual([[], ['3']]);
    expect(took().flat().sort()).toEqual(['1', '2', '4', '5']);
  });

  it('goes whole if the source takes no partial failures', async () => {
    const tom = await serving('tom');
    const { api, took } = await consuming();
    functions.invokeApi.stub = await world.lambda({ stubFile: world.built.besideFile });
    await api.invoke(batch('queue'));
    expect([tom.parts, took()]).toEqual([[], [['1', '2', '3', '4', '5']]]);
  });

  it('starts the deployed code with a lazy init', async () => {
    const tom = await serving('tom');
    const { api, took } = await consuming('', { LIVE_DEBUG_WRAP_INIT: 'lazy' });
    expect(failuresOf((await api.invoke(batch('queue'))).body)).toEqual([]);
    expect([tom.parts, took()]).toEqual([['2 5'], [['1', '3', '4']]]);
  });
});

describe('an exception in', () => {
  it.each([
    'divided.py _whole',
    'divided.py _answers',
    'divided.py _ask',
    'divided.py _event',
    'divided.py next',
    'divided.py takes',
    'divided.py answered',
    'divided.py failed_in',
    'divided.py part_head',
    'connection.py _take_part',
    'proxy.py _divide',
    'relay.py answer_part',
  ])('%s never loses a record', async (name) => {
    const tom = await serving('tom');
    const { api, instance, took } = await consuming(
      '',
      {},
      layerWith(`python/${name}`, functions.folder({})),
    );
    api.give(batch('queue'));
    const answer = await Promise.race([api.answerTo('a'), instance.ended.then(() => undefined)]);
    // Where the instance ends, or the answer is an error, Lambda gives the whole batch again.
    if (answer?.path !== response) return;
    const handled = [...tom.parts.flatMap((part) => part.split(' ')), ...took().flat()];
    const failed = failuresOf(answer.body);
    for (const { id } of records) expect(failed.includes(id) || handled.includes(id), id).toBe(true);
    expect(new Set(handled).size).toBe(handled.length);
  });
});
