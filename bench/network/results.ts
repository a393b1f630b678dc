// Figures of parts that have been measured, kept for one build: an interrupted bench goes on where it was.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { benchFolder, livectlFile, stubFile } from '../repository.ts';
import type { Row } from './row.ts';

/** One part's figures, and when they were taken. */
export interface PartResult {
  readonly rows: readonly Row[];
  /** What explains a failure, as callers got it. */
  readonly notes: readonly string[];
  /** ISO 8601. */
  readonly at: string;
  /** 1-minute load averages. */
  readonly loadBefore: string;
  readonly loadAfter: string;
}

interface Kept {
  /** Of livectl and the stub: figures of another build aren't this one's. */
  readonly build: string;
  readonly parts: Record<string, PartResult>;
}

const file = join(benchFolder, '.results', 'network.json');

export class Results {
  readonly #kept: Kept;

  private constructor(kept: Kept) {
    this.#kept = kept;
  }

  /** Of the built livectl and stub. */
  static open(): Results {
    const build = buildHash();
    try {
      const kept = JSON.parse(readFileSync(file, 'utf8')) as Kept;
      if (kept.build === build) return new Results(kept);
    } catch {
      // None yet, or none that can be read.
    }
    return new Results({ build, parts: {} });
  }

  get(name: string): PartResult | undefined {
    return this.#kept.parts[name];
  }

  put(name: string, result: PartResult): void {
    this.#kept.parts[name] = result;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(this.#kept, null, 2)}\n`);
  }
}

function buildHash(): string {
  const hash = createHash('sha256');
  for (const each of [livectlFile, stubFile]) hash.update(readFileSync(each));
  return hash.digest('hex').slice(0, 16);
}
