// Which layers a developer lets livectl fetch and use in a folder, as answered in the terminal: a private file (0600) per
// folder, with hashes only.
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { type Memory, recall, remember } from '../folders/private-file.ts';

export type LayerAnswer = 'yes' | 'no';

const fileSchema = v.object({
  version: v.literal(1),
  answers: v.array(v.tuple([v.string(), v.picklist(['yes', 'no'])])),
});

/** Maximum number of answers kept for a folder; the oldest are dropped. */
const mostAnswers = 1000;

/** The answers for one folder, which is absolute. */
export class LayerAnswers {
  readonly #memory: Memory;
  readonly #answers: Map<string, LayerAnswer>;

  constructor(root: string) {
    this.#memory = { kind: 'layers', key: [root] };
    this.#answers = new Map(recall(this.#memory, fileSchema)?.answers);
  }

  /** Undefined if nobody was asked. */
  of(arn: string): LayerAnswer | undefined {
    return this.#answers.get(hashOf(arn));
  }

  /** Throws the file system's error. */
  add(arns: readonly string[], answer: LayerAnswer): void {
    for (const arn of arns) this.#answers.set(hashOf(arn), answer);
    remember(this.#memory, { version: 1, answers: [...this.#answers].slice(-mostAnswers) });
  }
}

function hashOf(arn: string): string {
  return createHash('sha256').update(arn).digest('hex');
}
