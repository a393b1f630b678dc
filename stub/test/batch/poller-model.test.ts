// Random batches, owners, failures and times against a model of AWS's pollers: each record of a delivery is handled once or reported
// as failed, whoever handles it; message groups and shards keep their order; nothing is lost.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { splitBatch } from '../../src/batch/split-batch.ts';
import { reportBy } from '../../src/report.ts';
import { arns, batchOf, idsIn, type Source, type TestRecord } from './batch-events.ts';

reportBy(() => undefined);

const names = ['tom', 'ann', 'rest'];
const timeoutMs = 3000;
/** From then on, every owner works: the queue must become empty. */
const deliveriesWithFaults = 6;
const mostDeliveries = 80;

/** What an owner does with a part: how it ends, for which records, how long it takes. */
const behaviour = fc.record({
  kind: fc.constantFrom('ok', 'ok', 'ok', 'some', 'some', 'error', 'silent', 'null', 'invalid', 'foreign'),
  fails: fc.nat({ max: 255 }),
  ms: fc.integer({ min: 0, max: 1500 }),
});

const scenario = fc.record({
  source: fc.constantFrom<Source>('queue', 'fifo', 'kinesis', 'dynamodb'),
  records: fc.array(fc.record({ owner: fc.constantFrom(...names), group: fc.constantFrom('x', 'y', 'z') }), {
    minLength: 1,
    maxLength: 14,
  }),
  batchSize: fc.integer({ min: 1, max: 10 }),
  behaviours: fc.array(behaviour, { minLength: 1, maxLength: 12 }),
});

/** AWS's rules for an answer, read from its documentation: identifiers, or everything. */
function failuresIn(answer: string, ids: readonly string[]): readonly string[] {
  const parsed = JSON.parse(answer) as { batchItemFailures?: { itemIdentifier?: string }[] | null } | null;
  const list = (parsed?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier ?? '');
  return list.every((id) => ids.includes(id)) ? list : ids;
}

interface Handled {
  readonly id: string;
  readonly owner: string;
  readonly begun: number;
  readonly ended: number;
  readonly ok: boolean;
}

test('each record is handled once a delivery or reported as failed, in order, and none is lost', async () => {
  let splits = 0;
  await fc.assert(
    fc.asyncProperty(scenario, async ({ source, records, batchSize, behaviours }) => {
      const all: TestRecord[] = records.map((each, index) => ({ ...each, id: `${1000 + index}` }));
      const byId = new Map(all.map((each) => [each.id, each]));
      const groupOf = (id: string) =>
        source === 'queue' ? id : source === 'fifo' ? (byId.get(id)?.group ?? '') : 'shard';
      /** By id: who has handled it with success. */
      const done = new Map<string, string[]>();
      let left = all.map(({ id }) => id);
      let next = 0;
      let deliveries = 0;

      for (; left.length > 0 && deliveries < mostDeliveries; deliveries += 1) {
        const batch = left.slice(0, batchSize);
        const event = Buffer.from(
          JSON.stringify(
            batchOf(
              source,
              batch.flatMap((id) => byId.get(id) ?? []),
            ),
          ),
        );
        const handled: Handled[] = [];
        const clock = new ManualClock();
        const deadline = clock.now() + timeoutMs;
        /** An order of its own, since parts that run beside each other share the clock. */
        let tick = 0;

        const run = async (part: Uint8Array): Promise<Buffer> => {
          const ids = idsIn(part);
          const owners = [...new Set(ids.map((id) => byId.get(id)?.owner ?? ''))];
          expect(owners).toHaveLength(1);
          const given = behaviours[next % behaviours.length];
          next += 1;
          const { kind, fails, ms } =
            given && deliveries < deliveriesWithFaults ? given : { kind: 'ok', fails: 0, ms: 1 };
          tick += 1;
          const begun = tick;
          await Promise.resolve();
          clock.advance(kind === 'silent' ? Math.max(0, deadline - clock.now()) : ms);
          await Promise.resolve();
          tick += 1;
          // Code that keeps an order ends at its first failure.
          const first = ids.findIndex((_, index) => (fails >> (index % 8)) & 1);
          const failed =
            kind === 'some'
              ? source === 'queue'
                ? ids.filter((_, index) => (fails >> (index % 8)) & 1)
                : first < 0
                  ? []
                  : ids.slice(first)
              : kind === 'ok' || kind === 'null'
                ? []
                : ids;
          for (const id of ids)
            handled.push({ id, owner: owners[0] ?? '', begun, ended: tick, ok: !failed.includes(id) });
          if (kind === 'error' || kind === 'silent') throw new Error(kind);
          if (kind === 'null') return Buffer.from('null');
          if (kind === 'invalid') return Buffer.from('"no batch"');
          const list = kind === 'foreign' ? ['nobody’s'] : failed;
          return Buffer.from(
            JSON.stringify({ batchItemFailures: list.map((itemIdentifier) => ({ itemIdentifier })) }),
          );
        };

        const divided = splitBatch(event, Object.values(arns).join(','), () =>
          batch.map((id) => ['tom', 'ann'].indexOf(byId.get(id)?.owner ?? '')),
        );
        const isOfOne = new Set(batch.map((id) => byId.get(id)?.owner)).size === 1;
        expect(divided === undefined).toBe(isOfOne);
        if (divided) splits += 1;
        const answered = divided ? divided.answer({ clock, deadline, run }) : run(event);
        const failed = await answered.then(
          (answer) => (divided ? failuresIn(`${answer}`, batch) : failuresOfOne(`${answer}`, batch)),
          () => batch,
        );

        // Once, or reported.
        const ids = handled.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        for (const id of batch) {
          const one = handled.find((each) => each.id === id);
          expect(failed.includes(id)).toBe(one === undefined || !one.ok);
          if (one?.ok) done.set(id, [...(done.get(id) ?? []), one.owner]);
        }
        // In order: a later record of a group begins, elsewhere, only after the earlier ones have succeeded.
        for (const [index, id] of batch.entries()) {
          const one = handled.find((each) => each.id === id);
          if (!one) continue;
          for (const earlier of batch.slice(0, index).filter((each) => groupOf(each) === groupOf(id))) {
            const before = handled.find((each) => each.id === earlier);
            expect(before).toBeDefined();
            if (before && before.begun !== one.begun) {
              expect(before.ok).toBe(true);
              expect(before.ended).toBeLessThan(one.begun);
            }
          }
        }

        if (source === 'kinesis' || source === 'dynamodb') {
          // The lowest failed record is the checkpoint.
          const checkpoint = batch.findIndex((id) => failed.includes(id));
          left = left.slice(checkpoint < 0 ? batch.length : checkpoint);
        } else {
          const again = batch.filter((id) => failed.includes(id));
          // A queue gives what came again later; of a group of a FIFO queue, nothing overtakes it.
          left =
            source === 'queue'
              ? [...left.slice(batch.length), ...again]
              : [...again, ...left.slice(batch.length)];
        }
      }

      expect(left).toEqual([]);
      for (const { id, owner } of all) {
        const by = done.get(id) ?? [];
        expect(by.length).toBeGreaterThan(0);
        expect(new Set(by)).toEqual(new Set([owner]));
        // Only behind the checkpoint of a stream does a record that has succeeded come again.
        if (source === 'queue' || source === 'fifo') expect(by).toHaveLength(1);
      }
    }),
    { numRuns: 400 },
  );
  expect(splits).toBeGreaterThan(200);

  /** A whole batch's answer goes to AWS as it is, which also refuses what is no answer. */
  function failuresOfOne(answer: string, ids: readonly string[]): readonly string[] {
    return answer === '"no batch"' ? ids : failuresIn(answer, ids);
  }
});
