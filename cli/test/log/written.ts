// An output that keeps what is written, for the tests of the views.
import type { Output } from '../../src/log/output.ts';

export interface Written extends Output {
  readonly lines: string[];
  readonly errorLines: string[];
}

export function written(colour = false): Written {
  const lines: string[] = [];
  const errorLines: string[] = [];
  return {
    columns: undefined,
    colour,
    lines,
    errorLines,
    line: (text) => void lines.push(text),
    errorLine: (text) => void errorLines.push(text),
  };
}
