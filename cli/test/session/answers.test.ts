// The limits on what is remembered of invocations.
import { describe, expect, test } from 'vitest';
import type { Channel } from '../../../protocol/sealing.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { Answers, longestMs, maxKeptBytes, maxRuns, maxRunsOfSender } from '../../src/session/answers.ts';
import { Run, type RunOptions } from '../../src/session/run.ts';

function channelOf(enc: string): Channel {
  return { enc, secretId: undefined, understands: [], seal: () => Buffer.alloc(0), open: () => undefined };
}
const channel = channelOf('');

const clock = new ManualClock();

function run(id: string, more: Partial<RunOptions> = {}): Run {
  return new Run({
    id,
    requestId: `request-${id}`,
    functionName: 'hello',
    channel,
    replyTo: 'c=',
    deadlineMs: clock.now() + 30_000,
    sentMs: clock.now(),
    sentAt: clock.now(),
    heardAttempt: 1,
    attempt: 0,
    openParts: undefined,
    ...more,
  });
}

function answered(answers: Answers, id: string, body: Uint8Array, more: Partial<RunOptions> = {}): Run {
  const made = run(id, more);
  answers.begin(made);
  answers.finish(made, { outcome: { ok: true, body, contentType: 'application/json' }, codeMs: 1 });
  return made;
}

describe('answers', () => {
  test('are kept up to 64 MB, newest first; the others are known to have run', () => {
    const answers = new Answers(clock);
    const body = new Uint8Array(6 * 1024 * 1024);
    const runs = Array.from({ length: 12 }, (_, index) => answered(answers, `r${index}`, body));
    expect(answers.keptBytes).toBeLessThanOrEqual(maxKeptBytes);
    expect(answers.keptBytes).toBe(10 * body.length);
    expect(runs.map(({ answer }) => answer !== undefined)).toEqual([false, false, ...Array(10).fill(true)]);
    expect(answers.get('r0')).toBe(runs[0]);
    expect(runs[0]?.state).toBe('answered');
  });

  test('are counted once, even if an answer replaces another', () => {
    const answers = new Answers(clock);
    const made = answered(answers, 'r', new Uint8Array(1000));
    const outcome = { ok: true, body: new Uint8Array(10), contentType: 'application/json' } as const;
    answers.finish(made, { outcome, codeMs: 1 });
    expect(answers.keptBytes).toBe(10);
    expect(made.answer?.outcome).toBe(outcome);
  });
});

describe('runs', () => {
  const nothing = new Uint8Array(1);

  test('of a sender are remembered up to a limit, never forgetting one that is under way', () => {
    const answers = new Answers(clock);
    const first = run('first');
    answers.begin(first);
    for (let index = 0; index < maxRunsOfSender + 5; index += 1) answered(answers, `r${index}`, nothing);
    expect(answers.size).toBe(maxRunsOfSender);
    expect(answers.keptBytes).toBe(maxRunsOfSender - 1);
    expect(answers.get('first')).toBe(first);
    expect(answers.get('r5')).toBeUndefined();
    expect(answers.get('r6')).toBeDefined();
  });

  test('that are forgotten leave a mark: what was sent until then may be a copy', () => {
    const answers = new Answers(clock);
    const sentAt = clock.now();
    answered(answers, 'old', nothing, { sentAt });
    expect(answers.mayBeCopy(channel, sentAt)).toBe(false);
    for (let index = 1; index <= maxRunsOfSender; index += 1)
      answered(answers, `r${index}`, nothing, { sentAt: sentAt + index });
    expect(answers.get('old')).toBeUndefined();
    expect(answers.mayBeCopy(channel, sentAt)).toBe(true);
    expect(answers.mayBeCopy(channel, sentAt + maxRunsOfSender + 1)).toBe(false);
    expect(answers.mayBeCopy(channelOf('another'), sentAt)).toBe(false);
  });

  test('of other senders stay, however many one sender or many have', () => {
    const answers = new Answers(clock);
    answered(answers, 'mine', nothing);
    const flood = channelOf('flood');
    for (let index = 0; index < 3 * maxRunsOfSender; index += 1)
      answered(answers, `f${index}`, nothing, { channel: flood });
    for (let sender = 0; answers.size < maxRuns; sender += 1)
      for (const each of [1, 2])
        answered(answers, `${sender}-${each}`, nothing, { channel: channelOf(`s${sender}`) });
    for (let index = 0; index < 100; index += 1) {
      const next = run(`next${index}`, { channel: channelOf(`n${index}`) });
      expect(answers.begin(next)).toBe(true);
      expect(answers.size).toBe(maxRuns);
    }
    expect(answers.get('mine')).toBeDefined();
    expect(answers.get('0-2')).toBeDefined();
  });

  test('of which all senders have one make the next sender wait', () => {
    const answers = new Answers(clock);
    for (let index = 0; index < maxRuns; index += 1)
      expect(answers.begin(run(`r${index}`, { channel: channelOf(`s${index}`) }))).toBe(true);
    expect(answers.begin(run('more', { channel: channelOf('more') }))).toBe(false);
    expect(answers.get('r0')).toBeDefined();
    expect(answers.get('more')).toBeUndefined();
  });

  test('are forgotten a minute after their deadline, but not while under way', () => {
    const answers = new Answers(clock);
    answers.begin(run('running', { deadlineMs: clock.now() + 1000 }));
    answered(answers, 'short', nothing);
    answered(answers, 'long', nothing, { deadlineMs: clock.now() + 900_000 });
    clock.advance(91_000);
    answered(answers, 'now', nothing);
    expect(['running', 'short', 'long'].map((id) => answers.get(id) !== undefined)).toEqual([
      true,
      false,
      true,
    ]);
    expect(answers.keptBytes).toBe(2);
  });

  test('whose deadline is centuries away are forgotten when no Lambda function would still run', () => {
    const answers = new Answers(clock);
    answered(answers, 'forged', nothing, { deadlineMs: 8e15 });
    clock.advance(longestMs + 61_000);
    answered(answers, 'now', nothing);
    expect(answers.get('forged')).toBeUndefined();
  });
});
