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
  readonly parts: Readonly<Record<string, PartResult>>;
}

const file = join(benchFolder, '.results', 'network.json');

export class Results {
  readonly #build = buildHash();

  get(name: string): PartResult | undefined {
    return this.#read()[name];
  }

  /** Another bench may have added to them meanwhile. */
  put(name: string, result: PartResult): void {
    const kept: Kept = { build: this.#build, parts: { ...this.#read(), [name]: result } };
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`);
  }

  #read(): Kept['parts'] {
    try {
      const kept = JSON.parse(readFileSync(file, 'utf8')) as Kept;
      return kept.build === this.#build ? kept.parts : {};
    } catch {
      // None yet, or none that can be read.
      return {};
    }
  }
}

function buildHash(): string {
  const hash = createHash('sha256');
  for (const each of [livectlFile, stubFile]) hash.update(readFileSync(each));
  return hash.digest('hex').slice(0, 16);
}
