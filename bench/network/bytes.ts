// What an invocation costs: posts, bytes on the line, messages that API Gateway charges for.
import { median } from '../percentile.ts';
import { counted } from './counted.ts';
import type { Laboratory, Stage } from './laboratory.ts';
import { meteredMessages } from './ledger.ts';
import type { Part, Row } from './row.ts';

const times = 20;

/** JSON as an application has it: names and words that repeat, ids that don't. */
function records(bytes: number): object[] {
  const some: object[] = [];
  for (let length = 0; length < bytes; ) {
    const id = Math.random().toString(36).slice(2);
    const record = {
      id,
      status: 'confirmed',
      customer: { name: `Customer ${id}`, city: 'Springfield' },
      total: 12.5,
    };
    some.push(record);
    length += JSON.stringify(record).length + 1;
  }
  return some;
}

const shapes = [
  { what: '100 bytes each way', name: 'quick', event: {} },
  { what: 'event of 4 KB', name: 'quick', event: { records: records(4_000) } },
  { what: 'event of 100 KB of JSON', name: 'quick', event: { records: records(100_000) } },
  { what: 'answer of 20 KB of base64', name: 'big', event: { size: 20_000 } },
  { what: 'answer of 1 MB of base64', name: 'big', event: { size: 1_000_000 } },
] as const;

export const bytes: Part = {
  name: 'bytes',
  method: `${times} warm invocations of each shape, one after the other. Counted are the Region’s requests and the line’s \
frames in that time and half a second before and after it, divided by the number of invocations. The median is that of 20 \
counted one by one. A metered message is each 32 KB of a post, or part of it.`,
  run: (laboratory) =>
    laboratory.held(async () => {
      const stage = await laboratory.serve([{ name: 'quick' }, { name: 'work' }, { name: 'big' }]);
      await stage.warmUp('quick', 5);
      await stage.warmUp('work', 5);
      await stage.warmUp('big', 5);
      const posts = median(await postsOfEach(laboratory, stage, 'quick', {}));
      const postsOfWork = median(await postsOfEach(laboratory, stage, 'work', { ms: 100 }));
      // Exactly two, plus an ack if the answer takes longer.
      const rows: Row[] = [
        { what: 'posts of a warm invocation, median', value: posts, unit: '', goal: 2 },
        { what: 'the same, code of 100 ms', value: postsOfWork, unit: '' },
      ];
      for (const shape of shapes) rows.push(...(await measure(laboratory, stage, shape)));
      return rows;
    }),
};

async function measure(
  laboratory: Laboratory,
  stage: Stage,
  { event, name, what }: (typeof shapes)[number],
): Promise<readonly Row[]> {
  const { downBytes, entries, upBytes } = await counted(laboratory, stage, () =>
    stage.warmUp(name, times, event),
  );
  const posts = entries.filter(({ kind }) => kind === 'post');
  return [
    { what: `${what}: posts`, value: posts.length / times, unit: '' },
    { what: `${what}: metered messages`, value: meteredMessages(entries) / times, unit: '' },
    { what: `${what}: to the laptop`, value: downBytes / times, unit: 'bytes' },
    { what: `${what}: from the laptop`, value: upBytes / times, unit: 'bytes' },
  ];
}

/** How many posts each invocation needed until its answer. */
async function postsOfEach(
  laboratory: Laboratory,
  stage: Stage,
  name: string,
  event: object,
): Promise<number[]> {
  const each: number[] = [];
  for (let count = 0; count < times; count += 1) {
    const { entries } = await counted(laboratory, stage, () => stage.warmUp(name, 1, event));
    each.push(entries.filter(({ kind }) => kind === 'post').length);
  }
  return each;
}
