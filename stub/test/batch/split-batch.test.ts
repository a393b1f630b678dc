// Which records each owner of a batch gets, in which order, and what their answers become.
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { type Batch, splitBatch } from '../../src/batch/split-batch.ts';
import { reportBy } from '../../src/report.ts';
import { arns, batchOf, idsIn, reported, type Source, type TestRecord } from './batch-events.ts';

reportBy(() => undefined);

const clock = new ManualClock();
const sources = Object.values(arns).join(',');

/** `a1 b2`: a record 1 of owner a, then 2 of b; `a1/x` is in group x. */
function records(text: string): TestRecord[] {
  return text.split(' ').map((word) => {
    const [name = '', group = 'g'] = word.split('/');
    return { owner: name.slice(0, 1), id: name.slice(1), group };
  });
}

function split(source: Source, text: string, given = sources): Batch | undefined {
  const list = records(text);
  const owners = list.map(({ owner }) => 'ab'.indexOf(owner));
  return splitBatch(Buffer.from(JSON.stringify(batchOf(source, list))), given, () => owners);
}

/** Answers by the first identifier of a part; a string is an error. */
type Answers = Readonly<Record<string, unknown>>;

async function answered(source: Source, text: string, answers: Answers = {}) {
  const batch = split(source, text);
  if (!batch) throw new Error('it goes whole');
  const parts: string[] = [];
  const run = async (event: Uint8Array) => {
    const ids = idsIn(event);
    parts.push(ids.join(' '));
    const answer = answers[ids[0] ?? ''] ?? null;
    if (typeof answer === 'string') throw new Error(answer);
    return Buffer.from(answer instanceof Uint8Array ? answer : JSON.stringify(answer));
  };
  const deadline = clock.now() + 3000;
  const answer = await batch.answer({ clock, deadline, run }).then(
    (bytes) =>
      (JSON.parse(bytes.toString()) as { batchItemFailures: { itemIdentifier: string }[] }).batchItemFailures
        .map(({ itemIdentifier }) => itemIdentifier)
        .join(' '),
    (error: Error) => error,
  );
  return { parts, answer };
}

describe('owners get', () => {
  it.each<[Source, string, string[]]>([
    ['queue', 'a1 b2 a3 c4 b5', ['1 3', '2 5', '4']],
    ['fifo', 'a1/x b2/y a3/x b4/y', ['1 3', '2 4']],
    ['fifo', 'a1/x b2/x a3/y b4/x a5/x', ['1 3', '2 4', '5']],
    ['fifo', 'a1/x b2/x b3/y a4/y', ['1', '3', '2', '4']],
    ['kinesis', 'a1 a2 b3 a4 c5 c6', ['1 2', '3', '4', '5 6']],
    ['dynamodb', 'c1 b2 b3 c4', ['1', '2 3', '4']],
  ])('of a batch of %s %s the parts %j', async (source, text, parts) => {
    expect(await answered(source, text)).toEqual({ parts, answer: '' });
  });
});

describe('a batch goes whole', () => {
  it.each<[string, Source, string, string]>([
    ['of one owner', 'queue', 'a1 a2', sources],
    ['of a source that is not listed', 'queue', 'a1 b2', [arns.fifo, arns.kinesis].join(',')],
    ['of a source whose ARN only begins with a listed one', 'fifo', 'a1 b2', arns.queue],
    ['of no listed source', 'kinesis', 'a1 b2', ''],
  ])('%s', (_name, source, text, given) => {
    expect(split(source, text, given)).toBeUndefined();
  });

  const whole = (event: unknown) =>
    splitBatch(Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)), sources, () => [0, 1]);
  const two = batchOf('kinesis', records('a1 b2'));
  const [first, second] = two.Records;

  it('with a tumbling window, whose state can’t be merged', () => {
    expect(whole({ ...two, window: { start: '', end: '' }, state: {} })).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['not JSON', '{"Records":['],
    ['no object', [first, second]],
    ['no list', { Records: { 0: first } }],
    ['an empty list', { Records: [] }],
    ['of two sources', { Records: [first, batchOf('queue', records('b2')).Records[0]] }],
    ['with a record without an identifier', { Records: [first, { ...second, kinesis: {} }] }],
    ['with a record that is no object', { Records: [first, null] }],
    ['with its records twice', `${JSON.stringify(two).slice(0, -1)},"Records":[]}`],
    [
      'in a message group without a name',
      { Records: batchOf('fifo', records('a1 b2')).Records.map((each) => ({ ...each, attributes: {} })) },
    ],
    ['of another service', { Records: two.Records.map((each) => ({ ...each, eventSource: 'aws:other' })) }],
  ])('that is %s', (_name, event) => {
    expect(whole(event)).toBeUndefined();
  });

  it('whose matching takes too much work', () => {
    expect(splitBatch(Buffer.from(JSON.stringify(two)), sources, () => undefined)).toBeUndefined();
  });
});

describe('a source', () => {
  it('may end in a star, for the streams of a table', () => {
    const given = `arn:aws:sqs:x,${arns.dynamodb.replace(/stream\/.*/, 'stream/*')}`;
    expect(split('dynamodb', 'a1 b2', given)).toBeDefined();
    expect(split('dynamodb', 'a1 b2', given.replace('orders', 'order'))).toBeUndefined();
  });
});

describe('the answer reports', () => {
  it.each<[string, unknown, string]>([
    ['nothing for null', null, ''],
    ['nothing for no bytes', new Uint8Array(0), ''],
    ['nothing for an object without a list', {}, ''],
    ['nothing for a list that is null', { batchItemFailures: null }, ''],
    ['nothing for an empty list', reported(), ''],
    ['what is reported', reported('3'), '3'],
    ['the whole part for an empty identifier', reported(''), '1 3'],
    ['the whole part for null as identifier', { batchItemFailures: [{ itemIdentifier: null }] }, '1 3'],
    ['the whole part for a wrong name', { batchItemFailures: [{ id: '1' }] }, '1 3'],
    ['the whole part for an identifier of another part', reported('2'), '1 3'],
    ['the whole part for a list of other things', { batchItemFailures: ['1'] }, '1 3'],
    ['the whole part for no list', { batchItemFailures: '1' }, '1 3'],
    ['the whole part for a word', 'ok', '1 3'],
    ['the whole part for what is not JSON', Buffer.from('{'), '1 3'],
    ['the whole part for a list', [], '1 3'],
  ])('%s', async (_name, answer, failed) => {
    const given = answer === 'ok' ? Buffer.from('"ok"') : answer;
    expect((await answered('queue', 'a1 b2 a3', { 1: given })).answer).toBe(failed);
  });

  it('the records of an owner that failed', async () => {
    expect((await answered('queue', 'a1 b2 a3', { 2: 'no answer' })).answer).toBe('2');
  });

  it('the error itself if all of them failed with one', async () => {
    const { answer } = await answered('queue', 'a1 b2 a3', { 1: 'first', 2: 'second' });
    expect(answer).toEqual(new Error('first'));
  });

  it('records, if one failed by an error and one by its answer', async () => {
    expect((await answered('queue', 'a1 b2', { 1: 'first', 2: [] })).answer).toBe('1 2');
  });

  it.each<[Source, string, Answers, string[], string]>([
    ['fifo', 'a1/x b2/x b3/y a4/x', { 1: reported('1') }, ['1', '3'], '1 2 4'],
    ['fifo', 'a1/x a2/y b3/x b4/y', { 1: reported('2') }, ['1 2', '3'], '2 4'],
    ['fifo', 'a1/x b2/x', { 1: [] }, ['1'], '1 2'],
    ['kinesis', 'a1 a2 b3 a4', { 1: reported('2') }, ['1 2'], '2 3 4'],
    ['kinesis', 'a1 b2 a3', { 2: 'no answer' }, ['1', '2'], '2 3'],
    ['dynamodb', 'a1 b2 a3 b4', { 3: {}, 2: reported('2') }, ['1', '2'], '2 3 4'],
  ])('of %s %s nothing after what failed, unhandled: %j', async (source, text, answers, parts, failed) => {
    const { answer, parts: ran } = await answered(source, text, answers);
    expect(ran).toEqual(parts);
    expect((answer as string).split(' ').sort().join(' ')).toBe(failed);
  });

  it('records whose turn would come too late, which are not begun', async () => {
    const batch = split('kinesis', 'a1 b2 a3 b4');
    const parts: string[] = [];
    const run = async (event: Uint8Array) => {
      parts.push(idsIn(event).join(' '));
      clock.advance(1200);
      return Buffer.from('null');
    };
    const bytes = await batch?.answer({ clock, deadline: clock.now() + 3000, run });
    expect(parts).toEqual(['1', '2']);
    expect(JSON.parse(`${bytes}`)).toEqual(reported('3', '4'));
  });
});

describe('a part’s event', () => {
  it('is the batch’s own bytes with fewer records', async () => {
    const [one, two, three] = records('a1 b2 a3').map((each) =>
      JSON.stringify(batchOf('queue', [each]).Records[0]),
    );
    const odd = one?.replace(
      '"body":"1"',
      '"body" : "\\u0031 \\"}],[{", "big":12345678901234567890 ,"é":[ 1.0, {} ]',
    );
    const event = `  { "a" : {"Records":[1]}, "Records" : [ ${odd} ,${two}\n, ${three} ], "z": "]" }\n`;
    const batch = splitBatch(Buffer.from(event), sources, () => [0, 1, 0]);
    const parts: string[] = [];
    const run = async (part: Uint8Array) => {
      parts.push(Buffer.from(part).toString('utf8'));
      return Buffer.from('null');
    };
    await batch?.answer({ clock, deadline: clock.now() + 3000, run });
    const around = (inside: string) => `  { "a" : {"Records":[1]}, "Records" : [ ${inside} ], "z": "]" }\n`;
    expect(parts).toEqual([around(`${odd},${three}`), around(`${two}`)]);
  });
});
