// Which settings of a stage's manifest the developer has agreed to on this machine: a private file (0600) for each stage
// and folder, which holds hashes only.
import * as v from 'valibot';
import { type Memory, recall, remember } from '../folders/private-file.ts';

/** What was agreed to holds for one stage, served from one folder. */
export interface AgreedPlace {
  readonly region: string;
  readonly tableName: string;
  readonly stage: string;
  /** Absolute. */
  readonly root: string;
}

const fileSchema = v.object({ version: v.literal(1), agreed: v.array(v.string()) });

/** The hashes of what was agreed to; none where nothing was, or the file can't be trusted. */
export function readAgreed(place: AgreedPlace): ReadonlySet<string> {
  return new Set(recall(memoryOf(place), fileSchema)?.agreed);
}

/** Remembers these, and forgets all others of that place. Throws what the file system says. */
export function writeAgreed(place: AgreedPlace, agreed: readonly string[]): void {
  remember(memoryOf(place), { version: 1, agreed });
}

function memoryOf({ region, root, stage, tableName }: AgreedPlace): Memory {
  return { kind: 'agreed', key: [region, tableName, stage, root] };
}
