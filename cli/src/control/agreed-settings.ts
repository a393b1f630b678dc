// Which settings of a stage's manifest the developer has agreed to on this machine: a private file (0600) per stage and
// folder, with hashes only.
import * as v from 'valibot';
import { type Memory, recall, remember } from '../folders/private-file.ts';

/** An agreement applies to one stage, served from one folder. */
export interface AgreementScope {
  readonly region: string;
  readonly tableName: string;
  readonly stage: string;
  /** Absolute. */
  readonly root: string;
}

const fileSchema = v.object({ version: v.literal(1), agreed: v.array(v.string()) });

/** Hashes of the settings agreed to; empty if there are none, or if the file cannot be trusted. */
export function readAgreed(scope: AgreementScope): ReadonlySet<string> {
  return new Set(recall(memoryOf(scope), fileSchema)?.agreed);
}

/** Replaces all agreements of that scope. Throws the file system's error. */
export function writeAgreed(scope: AgreementScope, agreed: readonly string[]): void {
  remember(memoryOf(scope), { version: 1, agreed });
}

function memoryOf({ region, root, stage, tableName }: AgreementScope): Memory {
  return { kind: 'agreed', key: [region, tableName, stage, root] };
}
