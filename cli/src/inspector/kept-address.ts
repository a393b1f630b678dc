// The inspector's server: its port and the secret of its cookies, kept for the next run, so that an open page finds it again.
import * as v from 'valibot';
import { type Memory, recall, remember } from '../folders/private-file.ts';

const addressSchema = v.object({
  port: v.pipe(v.number(), v.integer(), v.minValue(1024), v.maxValue(65_535)),
  /** 32 bytes in base64url. */
  secret: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/)),
});

export type KeptAddress = v.InferOutput<typeof addressSchema>;

/**
 * In the state folder, not in the project: what a project's archive or repository brings must never be a secret that is
 * known to others. `place` is what the address belongs to: a folder and a stage.
 */
function memoryOf(place: readonly string[]): Memory {
  return { kind: 'inspector', key: place };
}

/** Undefined if no address was kept, or if another user could have written the file. */
export function recallAddress(place: readonly string[]): KeptAddress | undefined {
  return recall(memoryOf(place), addressSchema);
}

/** Where nothing can be written, the next run has another address. */
export function keepAddress(place: readonly string[], address: KeptAddress): void {
  try {
    remember(memoryOf(place), address);
  } catch {
    // A read-only home.
  }
}
