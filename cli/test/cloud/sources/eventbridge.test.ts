// EventBridge in the local cloud: events put by AWS's SDK reach the rules that match; schedules fire by the clock.
import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { afterEach, describe, expect, test } from 'vitest';
import { shapeOf } from './shape.ts';
import { type Invoked, type SourceWorld, startSources, type TriggersInput } from './source-world.ts';

let world: SourceWorld;
let events: EventBridgeClient;

async function start(triggers: Record<string, TriggersInput>, answer?: (invoked: Invoked) => void) {
  world = await startSources(triggers, answer);
  events = new EventBridgeClient(world.client);
}

afterEach(async () => {
  events.destroy();
  await world.close();
});

const put = (...Entries: PutEventsRequestEntry[]) => events.send(new PutEventsCommand({ Entries }));
const order = {
  Source: 'shop.orders',
  DetailType: 'Order placed',
  Detail: '{"total":100,"lines":[{"sku":"a"}]}',
};
const orders = { eventbridge: { event_pattern: '{"source":["shop.orders"]}' } };

describe('an event', () => {
  test('arrives in its envelope', async () => {
    await start({ hear: orders });
    const answer = await put({
      ...order,
      Resources: ['arn:aws:x'],
      Time: new Date('2026-03-01T12:00:00.900Z'),
    });
    const { event, functionName } = await world.invoked.next();
    expect(functionName).toBe('hear');
    // https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
    expect(event).toEqual({
      version: '0',
      id: answer.Entries?.[0]?.EventId,
      'detail-type': 'Order placed',
      source: 'shop.orders',
      account: '000000000000',
      time: '2026-03-01T12:00:00Z',
      region: 'us-east-1',
      resources: ['arn:aws:x'],
      detail: { total: 100, lines: [{ sku: 'a' }] },
    });
    expect(answer).toMatchObject({ FailedEntryCount: 0 });
  });

  test('reaches the rules of its bus that match, and no others', async () => {
    const event_bus_arn = 'arn:aws:events:eu-west-1:123456789012:event-bus/shop';
    await start({
      all: orders,
      big: { eventbridge: { event_pattern: '{"detail":{"total":[{"numeric":[">",1000]}]}}' } },
      made: { eventbridge: { ...orders.eventbridge, event_bus_name: 'mine' } },
      given: { eventbridge: { ...orders.eventbridge, event_bus_arn } },
    });
    await put(order, { ...order, Detail: '{"total":2000}' });
    await put({ ...order, EventBusName: 'live-debug-local-mine' });
    await put({ ...order, EventBusName: event_bus_arn }, { ...order, EventBusName: 'shop' });
    await world.invoked.count(6);
    expect(world.invoked.all.map(({ functionName }) => functionName)).toEqual([
      'all',
      'all',
      'big',
      'made',
      'given',
      'given',
    ]);
    expect(world.invoked.all.at(-1)?.event).toMatchObject({ account: '123456789012', region: 'eu-west-1' });
  });

  test('to a bus that is not there is swallowed, and told', async () => {
    await start({ hear: orders });
    const answer = await put({ ...order, EventBusName: 'other' });
    expect(answer.Entries).toEqual([{ EventId: expect.any(String) }]);
    expect(world.told.all).toMatchObject([{ type: 'published', resource: 'other', functionNames: [] }]);
  });

  test('is tried twice more when the function fails', async () => {
    await start({ hear: orders }, (invoked) => invoked.fail());
    const { Entries } = await put(order);
    expect(await world.clock.fireNext()).toBe(1000);
    await world.told.until(() => world.told.all.length === 3);
    expect(await world.clock.fireNext()).toBe(2000);
    expect(await world.told.first(({ type }) => type === 'dead_letter')).toMatchObject({
      source: 'eventbridge',
      resource: 'default',
      ids: [Entries?.[0]?.EventId],
      attempts: 3,
    });
  });

  test.each<[Partial<PutEventsRequestEntry>, string, string]>([
    [
      { Source: '' },
      'InvalidArgument',
      'Parameter Source is not valid. Reason: Source is a required argument.',
    ],
    [
      { DetailType: '' },
      'InvalidArgument',
      'Parameter DetailType is not valid. Reason: DetailType is a required argument.',
    ],
    [{ Detail: 'no JSON' }, 'MalformedDetail', 'Detail is malformed.'],
    [{ Detail: '[1]' }, 'MalformedDetail', 'Detail is malformed.'],
    [{ Source: 'aws.mine' }, 'NotAuthorizedForSourceException', 'Not authorized for the source.'],
  ])('with %j is refused, and its neighbours are not', async (wrong, ErrorCode, ErrorMessage) => {
    await start({ hear: orders });
    expect(await put({ ...order, ...wrong }, order)).toMatchObject({
      FailedEntryCount: 1,
      Entries: [{ ErrorCode, ErrorMessage }, { EventId: expect.any(String) }],
    });
    await world.invoked.count(1);
  });

  test('too many or too large are refused whole', async () => {
    await start({ hear: orders });
    await expect(put(...Array.from({ length: 11 }, () => order))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    const Detail = JSON.stringify({ text: 'x'.repeat(256 * 1024) });
    await expect(put({ ...order, Detail })).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('invalid patterns are refused at the start', async () => {
    await expect(
      startSources({ hear: { eventbridge: { event_pattern: '{"a":"b"}' } } }),
    ).rejects.toMatchObject({
      code: 'LD_CONFIG',
      message:
        'hear: triggers.eventbridge.event_pattern is not a valid event pattern: a must be an array of values, or an object of fields',
    });
    await start({});
  });
});

describe('a schedule', () => {
  // https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html
  const documented = {
    version: '0',
    account: '123456789012',
    region: 'us-east-2',
    detail: {},
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    time: '2019-03-01T01:23:45Z',
    id: 'cdc73f9d-aea9-11e3-9d5a-835b769c0d9c',
    resources: ['arn:aws:events:us-east-2:123456789012:rule/my-schedule'],
  };

  test('of a rate fires again and again, with the documented event', async () => {
    await start({ tick: { schedule: { schedule_expression: 'rate(5 minutes)' } } }, (invoked) =>
      invoked.succeed(),
    );
    const begun = world.clock.now();
    world.clock.advance(5 * 60_000 - 1);
    expect(world.invoked.all).toEqual([]);
    world.clock.advance(1);
    const { event } = await world.invoked.next();
    expect(shapeOf(event)).toEqual(shapeOf(documented));
    expect(event).toMatchObject({
      time: `${new Date(begun + 5 * 60_000).toISOString().slice(0, 19)}Z`,
      resources: [world.targets('tick').schedule?.rule_arn],
    });
    world.clock.advance(10 * 60_000);
    expect(world.invoked.all).toHaveLength(3);
    expect(world.told.all[0]).toMatchObject({
      type: 'published',
      source: 'schedule',
      functionNames: ['tick'],
    });
  });

  test('of a cron expression fires when it is time, also weeks later', async () => {
    const schedule = { schedule_expression: 'cron(30 4 1 1 ? *)', input: '{"new":"year"}' };
    await start({ tick: { schedule } });
    const due = Date.UTC(new Date(world.clock.now()).getUTCFullYear() + 1, 0, 1, 4, 30);
    world.clock.advance(due - world.clock.now() - 1);
    expect(world.invoked.all).toEqual([]);
    world.clock.advance(1);
    expect((await world.invoked.next()).event).toEqual({ new: 'year' });
  });

  test('that can not be is refused at the start', async () => {
    const schedule = { schedule_expression: 'cron(0 10 * * * *)' };
    await expect(startSources({ tick: { schedule } })).rejects.toMatchObject({
      code: 'LD_CONFIG',
      message: expect.stringContaining(
        'tick: triggers.schedule.schedule_expression "cron(0 10 * * * *)" is not a valid schedule expression: one of',
      ),
    });
    await start({});
  });
});
