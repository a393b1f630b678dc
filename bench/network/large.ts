// Large events and answers on lines from 0.5 to 100 Mbit/s: what the line's rate allows, and what arrives.
import { randomBytes } from 'node:crypto';
import { counted } from './counted.ts';
import { type Laboratory, leastMs, series } from './laboratory.ts';
import type { Part, Row, TimedRow } from './row.ts';

/** Longer than anything takes here, so that no failure is a timeout. In seconds. */
const timeout = 120;

/** Text of that many bytes that compresses to three quarters, as base64 of images and archives does. */
function textOf(bytes: number): string {
  return randomBytes(Math.ceil((bytes * 3) / 4))
    .toString('base64')
    .slice(0, bytes);
}

/** The goal: 1.2 times what the bytes take at the rate, plus the round trip and the posts. */
function onLine(
  what: string,
  bytes: number,
  rate: number,
  timed: Pick<TimedRow, 'samples' | 'failed'>,
): TimedRow {
  const lineMs = (bytes * 8 * 1000) / rate;
  const { failed, samples } = timed;
  return { what, samples, failed, limitMs: leastMs + lineMs, goalP50: leastMs + 1.2 * lineMs };
}

function large(megabytes: number, megabits: number, times: number): Part {
  const bytes = megabytes * 1_000_000;
  const rate = megabits * 1_000_000;
  const name = `${megabytes}-mb-at-${megabits}`.replaceAll('.', '');
  return {
    name,
    method: `An event of ${megabytes} MB, then an answer of ${megabytes} MB, ${times} times each on a line of ${megabits} \
Mbit/s each way; text that compresses to three quarters. “At least” includes the time for ${megabytes} MB at that rate; what is \
sent is counted in whole frames, upwards only for the answer. After two failures the rest is not tried.`,
    run: (laboratory) =>
      laboratory.held(() => measure(laboratory, `${megabytes} MB`, `${megabits} Mbit/s`, bytes, rate, times)),
  };
}

/** Events and answers of that many bytes on a line of that rate, and what the line carried of each. */
export async function thinLine(laboratory: Laboratory, bytes: number, rate: number, times: number) {
  const stage = await laboratory.serve([{ name: 'big', timeout }]);
  await stage.warmUp('big', 3);
  await laboratory.line.set({ rate });
  const event = { data: textOf(bytes) };
  const events = await counted(laboratory, stage, () => series(times, () => stage.time('big', event), 1));
  const answers = await counted(laboratory, stage, () =>
    series(times, () => stage.time('big', { size: bytes }), 1),
  );
  const perByte = (total: number, { failed, samples }: { samples: number[]; failed: number }) =>
    total / (bytes * (samples.length + failed));
  return {
    events: { ...events.result, sent: perByte(events.downBytes, events.result) },
    answers: { ...answers.result, sent: perByte(answers.upBytes, answers.result) },
  };
}

async function measure(
  laboratory: Laboratory,
  size: string,
  speed: string,
  bytes: number,
  rate: number,
  times: number,
): Promise<readonly Row[]> {
  const { answers, events } = await thinLine(laboratory, bytes, rate, times);
  const sent = (what: string, value: number): Row => ({
    what: `bytes sent per byte of ${what} of ${size} at ${speed}`,
    value,
    unit: '',
    goal: 1.2,
  });
  return [
    onLine(`event of ${size} at ${speed}`, bytes, rate, events),
    onLine(`answer of ${size} at ${speed}`, bytes, rate, answers),
    sent('an event', events.sent),
    sent('an answer', answers.sent),
  ];
}

export const larges: readonly Part[] = [
  large(6, 100, 6),
  large(6, 20, 6),
  large(2, 1, 2),
  large(2, 0.5, 1),
  large(0.5, 0.5, 2),
];
