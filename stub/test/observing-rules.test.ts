// What copies answers to clients that observe: who gets how many, what is kept while a connection hangs, and when it leaves.
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { ClientItem } from '../../protocol/directory.ts';
import type { ObservedHead } from '../../protocol/observed-head.ts';
import type { PostOutcome } from '../../protocol/relay-post.ts';
import { clientItem } from '../../protocol/test/directory-table.ts';
import { ManualClock } from '../../protocol/test/manual-clock.ts';
import { loadFilters } from '../src/load-filters.ts';
import { type Observed, Observing } from '../src/observing.ts';
import { filterOf } from '../src/who-answers.ts';

const clock = new ManualClock();

interface Sent {
  readonly to: string;
  readonly head: ObservedHead;
  readonly body: Uint8Array;
}

let sent: Sent[];
let items: ClientItem[];
let gone: Set<string>;
/** What the relay answers; by default it accepts. */
let relay: (sending: Sent) => Promise<PostOutcome | string>;
let observing: Observing;

beforeEach(() => {
  sent = [];
  items = [observer('ann')];
  gone = new Set();
  relay = async () => ({ kind: 'delivered' });
  observing = new Observing({
    clock,
    clients: {
      get serving() {
        return { filtered: [], unfiltered: [], observers: items };
      },
      client: async (item) => ({ item, channel: {} as never }),
      goneFor: (id) => (gone.has(id) ? 1 : Number.NaN),
      lose: (id) => void gone.add(id),
    },
    functionName: 'hello',
    instance: 'instance-1',
    encode: async ({ body, head }) => [JSON.stringify({ head, body: Buffer.from(body).toString('latin1') })],
    poster: {
      attempt: async (to, text) => {
        const { body, head } = JSON.parse(String(text)) as { head: ObservedHead; body: string };
        const sending = { to, head, body: Buffer.from(body, 'latin1') };
        sent.push(sending);
        return relay(sending);
      },
    },
    filters: loadFilters,
    filterOf,
  });
});

function observer(name: string, fields: Partial<ClientItem> = {}): ClientItem {
  const item = `client#~observe#*#${name}`;
  const leaseUntil = clock.now() + 1e9;
  return clientItem({ item, publicKey: name, connectionId: name, observe: '10', leaseUntil, ...fields });
}

let requests = 0;
function observed(fields: Partial<Observed> = {}): Observed {
  requests += 1;
  const bodies = { event: Buffer.from('{"a":1}'), result: Buffer.from('"b"'), resultBytes: 3 };
  const at = clock.now();
  return { requestId: `r${requests}`, by: 'deployed', ok: true, at, ms: 0, ...bodies, ...fields };
}

const take = (count: number) => Promise.all(Array.from({ length: count }, () => observing.take(observed())));

describe('the sample', () => {
  it('is so many at once and so many a second; the rest is counted and told with the next copy', async () => {
    const skipped = () => sent.reduce((sum, { head }) => sum + (head.skipped ?? 0), 0);
    await take(25);
    expect(sent).toHaveLength(10);
    clock.advance(100);
    await take(3);
    expect([sent.length, skipped()]).toEqual([11, 17]);
    clock.advance(60_000);
    await take(20);
    clock.advance(60_000);
    await take(1);
    expect([sent.length, skipped()]).toEqual([22, 27]);
    expect(sent.some(({ head }) => head.skipped === 0)).toBe(false);
  });

  it('is each client’s own, and only what its filter matches counts', async () => {
    const filter = JSON.stringify({ only: 'a', event: { a: [2] } });
    items = [observer('ann'), observer('bob', { observe: '1', filter })];
    await take(8);
    await Promise.all([2, 2].map((a) => observing.take(observed({ event: Buffer.from(`{"a":${a}}`) }))));
    const of = (name: string) => sent.filter(({ to }) => to === name).length;
    expect([of('ann'), of('bob')]).toEqual([10, 1]);
  });

  it.each(['0', '-5', 'x', '', 'Infinity', '1e9', 'NaN'])('of %j in an item has a bound', async (observe) => {
    items = [observer('ann', { observe })];
    await take(1100);
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.length).toBeLessThanOrEqual(1000);
  });

  it('never lets more through than it says, whatever the times', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ wait: fc.integer({ min: 0, max: 3000 }), count: fc.integer({ min: 1, max: 30 }) }),
          {
            maxLength: 20,
          },
        ),
        fc.integer({ min: 1, max: 20 }),
        async (bursts, perSecond) => {
          items = [observer(`each-${Math.random()}`, { observe: String(perSecond) })];
          sent.length = 0;
          const beganAt = clock.now();
          for (const { count, wait } of bursts) {
            clock.advance(wait);
            await take(count);
            const seconds = (clock.now() - beganAt) / 1000;
            expect(sent.length).toBeLessThanOrEqual(perSecond * (1 + seconds) + 1e-6);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('a copy', () => {
  it('has the start of event and answer, and their true lengths', async () => {
    const [event, result] = [Buffer.alloc(300 * 1024, 'e'), Buffer.alloc(256 * 1024 + 1, 'r')];
    await observing.take(observed({ event, result, resultBytes: 5_000_000, contentType: 'x'.repeat(400) }));
    const { body, head } = sent[0] as Sent;
    expect(head).toMatchObject({ eventBytes: 300 * 1024, eventKept: 256 * 1024, resultBytes: 5_000_000 });
    expect(head.contentType).toHaveLength(256);
    expect(body.length).toBe(512 * 1024);
    expect([body.at(256 * 1024 - 1), body.at(256 * 1024)]).toEqual([...Buffer.from('er')]);
  });

  it('goes to ten clients at most, the newest, once to each, by its first item that matches', async () => {
    const filters = ['{"only":"x","event":{"a":[9]}}', '{"only":"y","event":{"a":[1]}}'];
    items = Array.from({ length: 12 }, (_, at) => `c${at}`).flatMap((name) =>
      filters.map((filter, at) => observer(name, { filter, item: `client#~observe#*#${name}-${at}` })),
    );
    await take(1);
    expect(sent.map(({ to }) => to)).toEqual(Array.from({ length: 10 }, (_, at) => `c${at}`));
    expect(new Set(sent.map(({ head }) => head.item.at(-1)))).toEqual(new Set(['1']));
  });

  it('does not go to a client whose lease is over, or whose connection is gone until it has another', async () => {
    items = [observer('late', { leaseUntil: clock.now() }), observer('ann')];
    relay = async () => ({ kind: 'gone' });
    await take(3);
    expect(sent.map(({ to }) => to)).toEqual(['ann']);
    items = [observer('ann', { connectionId: 'ann-2' })];
    relay = async () => ({ kind: 'delivered' });
    await take(1);
    expect(sent.map(({ head, to }) => [to, head.dropped])).toEqual([
      ['ann', undefined],
      ['ann-2', 3],
    ]);
  });
});

describe('while a post hangs', () => {
  it('20 copies wait and the oldest are dropped, which the next copy says', async () => {
    items = [observer('ann', { observe: '100' })];
    let accept: () => void = () => undefined;
    relay = () =>
      new Promise((resolve) => {
        accept = () => resolve({ kind: 'delivered' });
      });
    const all = take(50);
    await until(() => sent.length === 1);
    relay = async () => ({ kind: 'delivered' });
    accept();
    await all;
    expect(sent).toHaveLength(21);
    expect(sent[1]?.head.dropped).toBe(29);
    expect(sent[2]?.head).not.toHaveProperty('dropped');
  });

  it('no more than 4 MB wait', async () => {
    let accept: () => void = () => undefined;
    relay = () =>
      new Promise((resolve) => {
        accept = () => resolve({ kind: 'delivered' });
      });
    const [event, result] = [Buffer.alloc(256 * 1024), Buffer.alloc(256 * 1024)];
    const all = Array.from({ length: 10 }, () => observing.take(observed({ event, result })));
    await until(() => sent.length === 1);
    relay = async () => ({ kind: 'delivered' });
    accept();
    await Promise.all(all);
    expect(sent).toHaveLength(9);
  });

  it('what has waited for over a minute, as in a frozen instance, is not sent', async () => {
    let accept: () => void = () => undefined;
    relay = () =>
      new Promise((resolve) => {
        accept = () => resolve({ kind: 'delivered' });
      });
    const all = take(5);
    await until(() => sent.length === 1);
    clock.advance(60_001);
    relay = async () => ({ kind: 'delivered' });
    accept();
    await all;
    expect(sent).toHaveLength(1);
    await take(1);
    expect(sent[1]?.head.dropped).toBe(4);
  });

  it('it is tried once more and never again', async () => {
    relay = async () => 'HTTP 429';
    await take(1);
    expect(sent).toHaveLength(2);
    relay = async () => ({ kind: 'delivered' });
    await take(1);
    expect(sent[2]?.head.dropped).toBe(1);
  });
});

describe('what is given before its answer has gone out', () => {
  async function runtimeApi() {
    const server = createServer((incoming, response) =>
      incoming.resume().on('end', () => response.end('{}')),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    return (path: string) =>
      new Promise<void>((resolve, reject) => {
        const outgoing = request({ port, host: '127.0.0.1', method: 'POST', path }, (incoming) =>
          incoming.resume().on('end', resolve),
        );
        outgoing.on('error', reject).end('1');
      });
  }

  it('leaves when the Runtime API has accepted that answer, seen in Node’s own client', async () => {
    const post = await runtimeApi();
    observing.later(observed({ requestId: 'mine' }));
    await post('/2018-06-01/runtime/invocation/other/response');
    await post('/elsewhere/invocation/mine/responses');
    expect(sent).toEqual([]);
    await post('/2018-06-01/runtime/invocation/mine/response');
    await until(() => sent.length === 1);
    expect(sent[0]?.head.requestId).toBe('mine');
  });

  it('leaves at the next invocation otherwise, as an error if it is one', async () => {
    const error = Object.assign(new Error('no'), { name: 'RangeError' });
    const seen = { requestId: 'mine', at: clock.now(), event: Buffer.from('{"a":1}') };
    await observing.follow(Promise.reject(error), seen);
    expect(sent).toEqual([]);
    await observing.flush();
    const { body, head } = sent[0] as Sent;
    expect(head).toMatchObject({ by: 'fallback', ok: false, requestId: 'mine' });
    expect(Buffer.from(body).toString()).toBe('{"a":1}{"errorType":"RangeError","errorMessage":"no"}');
    await observing.flush();
    expect(sent).toHaveLength(1);
  });
});

/** Resolves once it holds; looked at after everything that is under way. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
