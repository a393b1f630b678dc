// What a part of the network bench passes to its table: times compared with the least possible, and counts.
import type { Laboratory } from './laboratory.ts';

/** Times of invocations, compared with what the network alone takes. */
export interface TimedRow {
  readonly what: string;
  /** Milliseconds of those that were answered, in the order taken. */
  readonly samples: readonly number[];
  /** How many got no answer, or not the function's. If there are any, no goal is met. */
  readonly failed: number;
  /** The least that is possible on this line, in milliseconds. */
  readonly limitMs: number;
  /** Upper bounds, in milliseconds. */
  readonly goalP50?: number;
  readonly goalP95?: number;
}

/** A number that was counted, not timed. */
export interface CountedRow {
  readonly what: string;
  readonly value: number;
  readonly unit: 'ms' | 'bytes' | 'KB' | '';
  /** An upper bound. */
  readonly goal?: number;
}

export type Row = TimedRow | CountedRow;

/** A part of the bench, measured and kept as one. */
export interface Part {
  /** Selects it on the command line. */
  readonly name: string;
  /** How it is measured. */
  readonly method: string;
  /** What it starts goes through the laboratory, which ends it. */
  run(laboratory: Laboratory): Promise<readonly Row[]>;
}
