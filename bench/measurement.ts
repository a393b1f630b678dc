// What a measurement passes to the report: figures, each with its goal if the project has one.
import type { Workspace } from './workspace.ts';

export type Unit = 'ms' | 'MB' | 'KB' | '×' | '';

/** One row of the report. A goal is an upper bound on the p50 of samples, or on the value. */
export type Figure = SampledFigure | SingleFigure;

export interface SampledFigure {
  readonly what: string;
  /** Milliseconds, one per sample, in the order taken. */
  readonly samples: readonly number[];
  readonly goal?: number;
}

export interface SingleFigure {
  readonly what: string;
  readonly value: number;
  readonly unit: Unit;
  readonly goal?: number;
}

export interface Measurement {
  /** Selects it on the command line. */
  readonly name: string;
  readonly title: string;
  /** How it is measured: samples, warm-up, concurrency, and what the figures leave out. */
  readonly method: string;
  /** What it starts or writes goes through the workspace, which removes it afterwards. */
  run(workspace: Workspace): Promise<readonly Figure[]>;
}
