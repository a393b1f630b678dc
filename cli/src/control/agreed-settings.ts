// Which settings of a stage's manifest the developer has agreed to on this machine: a private file (0600) for each stage
// and folder, which holds hashes only.
import * as v from 'valibot';
import { type Memory, recall, remember } from '../folders/private-file.ts';

/** What was agreed to holds for one stage, served from one folder. */
export interface AgreementScope {
  readonly region: string;
  readonly tableName: string;
  readonly stage: string;
  /** Absolute. */
  readonly root: string;
}

const fileSchema = v.object({ version: v.literal(1), agreed: v.array(v.string()) });

/** The hashes of what was agreed to; none where nothing was, or the file can't be trusted. */
export function readAgreed(scope: AgreementScope): ReadonlySet<string> {
  return new Set(recall(memoryOf(scope), fileSchema)?.agreed);
}

/** Remembers these, and forgets all others of that scope. Throws what the file system says. */
export function writeAgreed(scope: AgreementScope, agreed: readonly string[]): void {
  remember(memoryOf(scope), { version: 1, agreed });
}

function memoryOf({ region, root, stage, tableName }: AgreementScope): Memory {
  return { kind: 'agreed', key: [region, tableName, stage, root] };
}
