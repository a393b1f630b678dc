// The bounds on what is remembered of invocations.
import { describe, expect, test } from 'vitest';
import type { Channel } from '../../../protocol/sealing.ts';
import { Answers, maxKeptBytes, maxRuns, type Run } from '../../src/session/answers.ts';

const channel: Channel = { enc: '', seal: () => Buffer.alloc(0), open: () => undefined };

function run(id: string): Run {
  return {
    id,
    requestId: `request-${id}`,
    functionName: 'hello',
    channel,
    replyTo: 'c=',
    deadlineMs: 0,
    sentMs: 0,
    heardAttempt: 1,
    attempt: 0,
    state: 'running',
    cancelled: undefined,
    parts: undefined,
    answer: undefined,
  };
}

function answered(answers: Answers, id: string, body: Uint8Array): Run {
  const made = run(id);
  answers.begin(made);
  answers.finish(made, { outcome: { ok: true, body, contentType: 'application/json' }, codeMs: 1 });
  return made;
}

describe('answers', () => {
  test('are kept up to 64 MB, the newest; the others are known to have run', () => {
    const answers = new Answers();
    const body = new Uint8Array(6 * 1024 * 1024);
    const runs = Array.from({ length: 12 }, (_, index) => answered(answers, `r${index}`, body));
    expect(answers.keptBytes).toBeLessThanOrEqual(maxKeptBytes);
    expect(answers.keptBytes).toBe(10 * body.length);
    expect(runs.map(({ answer }) => answer !== undefined)).toEqual([false, false, ...Array(10).fill(true)]);
    expect(answers.get('r0')).toBe(runs[0]);
    expect(runs[0]?.state).toBe('answered');
  });

  test('count once, also where an answer replaces another', () => {
    const answers = new Answers();
    const made = answered(answers, 'r', new Uint8Array(1000));
    const outcome = { ok: true, body: new Uint8Array(10), contentType: 'application/json' } as const;
    answers.finish(made, { outcome, codeMs: 1 });
    expect(answers.keptBytes).toBe(10);
    expect(made.answer?.outcome).toBe(outcome);
  });
});

describe('runs', () => {
  test('are remembered up to 10,000, never forgetting one that is under way', () => {
    const answers = new Answers();
    const first = run('first');
    answers.begin(first);
    for (let index = 0; index < maxRuns + 5; index += 1) answered(answers, `r${index}`, new Uint8Array(1));
    expect(answers.size).toBe(maxRuns);
    expect(answers.keptBytes).toBe(maxRuns - 1);
    expect(answers.get('first')).toBe(first);
    expect(answers.get('r5')).toBeUndefined();
    expect(answers.get('r6')).toBeDefined();
  });

  test('that are all under way are all kept', () => {
    const answers = new Answers();
    for (let index = 0; index < maxRuns + 2; index += 1) answers.begin(run(`r${index}`));
    expect(answers.size).toBe(maxRuns + 2);
  });
});
