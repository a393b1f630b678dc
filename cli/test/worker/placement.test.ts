// Which worker gets an invocation, and in which order those that wait get theirs.
import { describe, expect, it } from 'vitest';
import type { FunctionCode } from '../../src/worker/contract.ts';
import { FairQueue } from '../../src/worker/pool/fair-queue.ts';
import { type Placeable, placeInvocation } from '../../src/worker/pool/placement.ts';

const codes = { a: codeOf('a'), b: codeOf('b'), c: codeOf('c') };

function codeOf(functionName: string): FunctionCode {
  return {
    functionName,
    build: 1,
    runner: { kind: 'node', moduleFile: '/x.mjs', exportPath: 'handler' },
    taskRoot: '/',
    handler: 'x.handler',
    runtime: 'nodejs22.x',
  };
}

interface TestWorker extends Placeable {
  readonly name: string;
  readonly fitting: boolean;
  readonly orphan?: boolean;
}

function worker(name: string, code: FunctionCode, more: Partial<TestWorker> = {}): TestWorker {
  return { name, code, instance: `of-${name}`, busy: false, lastUsed: 0, fitting: true, ...more };
}

/** The placement of an invocation of `a` from instance `i`, in short. */
function place(
  workers: readonly TestWorker[],
  maxWorkers = 2,
  waitedFor: readonly string[] = [],
  oneAtATime = false,
): string {
  const placement = placeInvocation({
    code: codes.a,
    instance: 'i',
    workers,
    maxWorkers,
    oneAtATime,
    fits: ({ fitting }) => fitting,
    isOrphan: ({ orphan = false }) => orphan,
    isWaitedFor: (name) => waitedFor.includes(name),
  });
  if (placement.kind === 'use') return `use ${placement.worker.name}`;
  if (placement.kind === 'start') return `start, evict ${placement.evict?.name ?? 'none'}`;
  return 'wait';
}

const busy = { busy: true };

describe('placement', () => {
  it.each<[string, TestWorker[], string]>([
    [
      'the last used one whose instance is gone',
      [
        worker('new', codes.a, { orphan: true, lastUsed: 2 }),
        worker('old', codes.a, { orphan: true, lastUsed: 1 }),
        worker('faulty', codes.a, { orphan: true, lastUsed: 3, fitting: false }),
      ],
      'use new',
    ],
    [
      'its own before one whose instance is gone',
      [worker('other', codes.a, { orphan: true, lastUsed: 2 }), worker('own', codes.a, { instance: 'i' })],
      'use own',
    ],
    [
      'no busy one whose instance seems gone',
      [worker('other', codes.a, { orphan: true, ...busy })],
      'start, evict none',
    ],
  ])('while there is room, takes %s', (_name, workers, expected) => {
    expect(place(workers, 9)).toBe(expected);
  });

  it.each<[string, TestWorker[], string]>([
    [
      'the idle worker of the same instance',
      [worker('other', codes.a), worker('own', codes.a, { instance: 'i' })],
      'use own',
    ],
    [
      'one that nobody has claimed',
      [worker('other', codes.a), worker('free', codes.a, { instance: undefined })],
      'use free',
    ],
    ['a new one while there is room', [worker('other', codes.a)], 'start, evict none'],
    [
      'a new one for a busy instance',
      [worker('own', codes.a, { instance: 'i', ...busy })],
      'start, evict none',
    ],
    ['another instance at the bound', [worker('x', codes.b, busy), worker('other', codes.a)], 'use other'],
    [
      'no worker of an older build',
      [worker('old', codeOf('a'), { instance: 'i' }), worker('x', codes.b, busy)],
      'start, evict old',
    ],
    [
      'a new one for its own that does not fit',
      [worker('own', codes.a, { instance: 'i', fitting: false })],
      'start, evict own',
    ],
    [
      'a new one for another that does not fit',
      [worker('o', codes.a, { fitting: false }), worker('x', codes.b, busy)],
      'start, evict o',
    ],
    [
      'the place of the idle worker used least lately',
      [worker('b', codes.b, { lastUsed: 2 }), worker('c', codes.c, { lastUsed: 1 })],
      'start, evict c',
    ],
    [
      'nothing while all are busy',
      [worker('b', codes.b, busy), worker('own', codes.a, { instance: 'i', ...busy })],
      'wait',
    ],
  ])('%s', (_what, workers, expected) => {
    expect(place(workers)).toBe(expected);
  });

  it('leaves a function its idle worker while invocations wait for it, unless it has none itself', () => {
    const b = worker('b', codes.b);
    expect(place([b, worker('own', codes.a, busy)], 2, ['b'])).toBe('wait');
    expect(place([b, worker('own', codes.a, busy)], 2, [])).toBe('start, evict b');
    expect(place([b, worker('c', codes.c, busy)], 2, ['b'])).toBe('start, evict b');
  });
});

describe('the queue', () => {
  it('serves functions in turn and each in order', () => {
    const queue = new FairQueue<string>();
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) queue.push(item.slice(0, 1), item);
    const taken: string[] = [];
    queue.offer((item) => taken.push(item) > 0);
    expect(taken).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
    expect(queue.size).toBe(0);
  });

  it('keeps the turn of a function whose head was not taken', () => {
    const queue = new FairQueue<string>();
    for (const item of ['a1', 'b1', 'a2']) queue.push(item.slice(0, 1), item);
    queue.offer((item) => item === 'b1');
    const taken: string[] = [];
    queue.push('b', 'b2');
    queue.offer((item) => taken.push(item) > 0);
    expect(taken).toEqual(['a1', 'b2', 'a2']);
  });

  it('gives back, removes and drains', () => {
    const queue = new FairQueue<string>();
    queue.push('a', 'a2');
    queue.unshift('a', 'a1');
    queue.push('b', 'b1');
    expect(queue.remove('b', 'b1')).toBe(true);
    expect(queue.remove('b', 'b1')).toBe(false);
    expect(queue.has('b')).toBe(false);
    expect(queue.drain()).toEqual(['a1', 'a2']);
    expect(queue.has('a')).toBe(false);
  });
});
