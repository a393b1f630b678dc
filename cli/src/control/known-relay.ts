// Where a stage's relay was last time: a private file (0600), so that the connection can be opened before the manifest has
// been read. The manifest takes precedence.
import * as v from 'valibot';
import { type Memory, recall, remember } from '../folders/private-file.ts';

/** Whose relay it is. */
export interface RelayOwner {
  readonly region: string;
  /** DynamoDB's endpoint, or an emulator's. */
  readonly endpoint: string;
  readonly tableName: string;
  readonly stage: string;
}

const fileSchema = v.object({ version: v.literal(1), url: v.pipe(v.string(), v.maxLength(2048), v.url()) });

/** Its stage URL; undefined if unknown, or if the file cannot be trusted. */
export function readKnownRelay(owner: RelayOwner): string | undefined {
  return recall(memoryOf(owner), fileSchema)?.url;
}

/** Remembers it. Errors are ignored: the next start merely takes longer. */
export function writeKnownRelay(owner: RelayOwner, url: string): void {
  try {
    remember(memoryOf(owner), { version: 1, url });
  } catch {
    // Read-only, or owned by another user.
  }
}

function memoryOf({ endpoint, region, stage, tableName }: RelayOwner): Memory {
  return { kind: 'relay', key: [region, endpoint, tableName, stage] };
}
