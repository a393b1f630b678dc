// The shipped stub where a batch holds records of several clients and of the deployed code: who gets which, and the merged answer.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { arns, batchOf, idsIn, reported, type Source, type TestRecord } from './batch/batch-events.ts';
import type { FakeClient } from './harness/fake-client.ts';
import { answerOf, errorOf, type Lambda } from './harness/lambda.ts';
import { useWorld } from './harness/world.ts';

const world = useWorld();
const fallbackArn = 'arn:aws:lambda:eu-west-1:123456789012:function:real-hello';
const partial = { LIVE_DEBUG_PARTIAL_FAILURES: `arn:aws:sqs:x:1:other,${Object.values(arns).join(',')}` };

let api: Server;
let lambda: Lambda;
/** What the deployed code was invoked with, and what it answers. */
let deployed: string[];
let answerOfDeployed: string;

beforeEach(async () => {
  deployed = [];
  answerOfDeployed = 'null';
  api = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => {
      body += piece;
    });
    request.on('end', () => {
      deployed.push(body);
      response.end(answerOfDeployed);
    });
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  api.closeAllConnections();
  api.close();
});

async function start(environment: Record<string, string> = partial): Promise<void> {
  lambda = await world.lambda({
    stubFile: world.built.manualClockFile,
    environment: {
      LIVE_DEBUG_FALLBACK_ARN: fallbackArn,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      ...environment,
    },
  });
}

/** Of SQS and DynamoDB an attribute, of Kinesis a field of the data. */
const filters = (name: string) =>
  JSON.stringify({
    only: 'dev',
    facts: { $or: [{ attribute: { dev: [name] } }, { detail: { dev: [name] } }] },
  });

interface Served {
  readonly client: FakeClient;
  readonly events: string[];
}

let served = 0;
async function serving(name: string, answer: unknown = null): Promise<Served> {
  served += 1;
  const client = await world.serve({ item: `client#hello#${served}`, filter: filters(name) });
  const events: string[] = [];
  client.onMessage = ({ message, channel }) => {
    if (message.type !== 'invoke') return;
    events.push(Buffer.from(message.body).toString('utf8'));
    void client.answer({ message, channel }, JSON.stringify(answer));
  };
  return { client, events };
}

const order: readonly TestRecord[] = ['tom', 'rest', 'ann', 'tom', 'rest'].map((owner, index) => ({
  owner,
  id: `${index + 1}`,
}));
const idsOf = (events: readonly string[]) => events.map((event) => idsIn(event).join(' '));

describe('a batch of several', () => {
  it.each<[Source, string[], string[], string[]]>([
    ['queue', ['1 4'], ['3'], ['2 5']],
    ['fifo', ['1', '4'], ['3'], ['2', '5']],
    ['kinesis', ['1', '4'], ['3'], ['2', '5']],
    ['dynamodb', ['1', '4'], ['3'], ['2', '5']],
  ])('of %s goes to each in parts', async (source, toms, anns, others) => {
    const tom = await serving('tom', {});
    const ann = await serving('ann');
    answerOfDeployed = JSON.stringify(reported('5'));
    if (source !== 'queue') answerOfDeployed = 'null';
    await start();
    const answer = answerOf(await lambda.invoke(batchOf(source, order)));
    expect(answer).toEqual(source === 'queue' ? reported('5') : reported());
    expect([idsOf(tom.events), idsOf(ann.events), idsOf(deployed)]).toEqual([toms, anns, others]);
  });

  it('reaches each as it was written', async () => {
    const tom = await serving('tom');
    await start();
    const [one, two] = order.map((each) => JSON.stringify(batchOf('queue', [each]).Records[0]));
    const big = one?.replace('"body":"1"', '"body": "\\u00e9", "big":12345678901234567890');
    expect(answerOf(await lambda.invokeText(`{ "Records" : [ ${two} , ${big} ] }`))).toEqual(reported());
    expect(tom.events).toEqual([`{ "Records" : [ ${big} ] }`]);
    expect(deployed).toEqual([`{ "Records" : [ ${two} ] }`]);
  });

  it('goes whole, to the deployed code, where the source takes no partial failures', async () => {
    const tom = await serving('tom');
    const queue = batchOf('queue', order);
    for (const environment of [{}, { LIVE_DEBUG_PARTIAL_FAILURES: arns.kinesis }]) {
      await start(environment);
      answerOfDeployed = '{"as":"it is"}';
      expect(answerOf(await lambda.invoke(queue))).toEqual({ as: 'it is' });
    }
    expect(deployed).toEqual([JSON.stringify(queue), JSON.stringify(queue)]);
    expect(tom.events).toEqual([]);
  });

  it('of one client alone goes whole, and its answer is passed on as it is', async () => {
    const tom = await serving('tom', { batchItemFailures: [], also: 'this' });
    await start();
    const all = batchOf('kinesis', order.slice(0, 1));
    expect(answerOf(await lambda.invoke(all))).toEqual({ batchItemFailures: [], also: 'this' });
    expect(tom.events).toEqual([JSON.stringify(all)]);
  });

  it('reports the records that nobody answers, and whose owner fails', async () => {
    await serving('ann');
    const tom = await world.serve({ item: 'client#hello#t', filter: filters('tom') });
    await start({ ...partial, LIVE_DEBUG_FALLBACK_ARN: '' });
    const outcome = lambda.invoke(batchOf('queue', order));
    await tom.fail(await tom.next('invoke'), { errorType: 'TypeError', errorMessage: 'x is undefined' });
    const { batchItemFailures } = answerOf(await outcome) as ReturnType<typeof reported>;
    expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier).sort()).toEqual([
      '1',
      '2',
      '4',
      '5',
    ]);
    expect(lambda.output).toContain('"why":"x is undefined"');
    expect(lambda.output).toContain('nobody is serving function hello');
  });

  it('fails with the code’s error if all its parts do', async () => {
    const [tom, ann] = await Promise.all(
      ['tom', 'ann'].map((name) => world.serve({ item: `client#hello#${name}`, filter: filters(name) })),
    );
    await start();
    const outcome = lambda.invoke(
      batchOf(
        'queue',
        order.filter(({ owner }) => owner !== 'rest'),
      ),
    );
    for (const client of [tom, ann])
      await client?.fail(await client.next('invoke'), { errorType: 'TypeError', errorMessage: 'broken' });
    expect(errorOf(await outcome)).toMatchObject({ errorType: 'TypeError', errorMessage: 'broken' });
  });

  it('reports the records of a client that does not answer in time, before Lambda’s own limit', async () => {
    const ann = await serving('ann');
    const tom = await world.serve({ item: 'client#hello#t', filter: filters('tom') });
    await start();
    // In the order of a shard: the others are done when tom's turn comes.
    const records = ['ann', 'rest', 'tom'].map((owner, index) => ({ owner, id: `${index + 1}` }));
    const outcome = lambda.invoke(batchOf('kinesis', records), { timeoutMs: 6000 });
    await tom.acknowledge(await tom.next('invoke'));
    lambda.advance(5500);
    expect(answerOf(await outcome)).toEqual(reported('3'));
    expect((await tom.next('cancel')).message.head).toMatchObject({ reason: 'deadline' });
    expect([idsOf(ann.events), idsOf(deployed)]).toEqual([['1'], ['2']]);
  });

  it('sends a client one invocation for each part, with the batch’s request and an id of its own', async () => {
    const { client } = await serving('tom');
    await start();
    answerOf(await lambda.invoke(batchOf('kinesis', order), { awsRequestId: 'batch-1' }));
    const heads = client.received.flatMap(({ message }) => (message.type === 'invoke' ? [message] : []));
    expect(heads.map(({ head }) => head.requestId)).toEqual(['batch-1', 'batch-1']);
    expect(new Set(heads.map(({ id }) => id)).size).toBe(2);
    expect(new Set(heads.map(({ head }) => head.instance)).size).toBe(1);
  });
});
