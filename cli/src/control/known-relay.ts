// Where a stage's relay was last time: a private file (0600), so that the way there can be opened before the manifest has
// been read. What the manifest says counts.
import * as v from 'valibot';
import { type Memory, recall, remember } from '../folders/private-file.ts';

/** Whose relay it is. */
export interface RelayOwner {
  readonly region: string;
  /** DynamoDB's, or an emulator's. */
  readonly endpoint: string;
  readonly tableName: string;
  readonly stage: string;
}

const fileSchema = v.object({ version: v.literal(1), url: v.pipe(v.string(), v.maxLength(2048), v.url()) });

/** Its stage URL; undefined where it isn't known, or the file can't be trusted. */
export function readKnownRelay(owner: RelayOwner): string | undefined {
  return recall(memoryOf(owner), fileSchema)?.url;
}

/** Remembers it. Does nothing where that is not possible: the next start takes longer. */
export function writeKnownRelay(owner: RelayOwner, url: string): void {
  try {
    remember(memoryOf(owner), { version: 1, url });
  } catch {
    // Read-only, or another user's.
  }
}

function memoryOf({ endpoint, region, stage, tableName }: RelayOwner): Memory {
  return { kind: 'relay', key: [region, endpoint, tableName, stage] };
}
