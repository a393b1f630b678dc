// Figures of parts that have been measured, kept for one build, so that an interrupted bench can continue.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { benchFolder, livectlFile, stubFile, tunnelZipFile } from '../repository.ts';
import type { Row } from './row.ts';

/** One part's figures, and when they were taken. */
export interface PartResult {
  readonly rows: readonly Row[];
  /** The errors that callers got, to explain a failure. */
  readonly notes: readonly string[];
  /** ISO 8601. */
  readonly at: string;
  /** 1-minute load averages. */
  readonly loadBefore: string;
  readonly loadAfter: string;
}

interface Kept {
  /** Identifies livectl and the stub: figures of another build do not count. */
  readonly build: string;
  readonly parts: Readonly<Record<string, PartResult>>;
}

const file = join(benchFolder, '.results', 'network.json');

export class Results {
  readonly #build = buildHash();

  get(name: string): PartResult | undefined {
    return this.#read()[name];
  }

  /** Reads again first, since another bench may have added figures in the meantime. */
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
      // There are none yet, or they can't be read.
      return {};
    }
  }
}

function buildHash(): string {
  const hash = createHash('sha256');
  for (const each of [livectlFile, stubFile, tunnelZipFile]) hash.update(readFileSync(each));
  return hash.digest('hex').slice(0, 16);
}
