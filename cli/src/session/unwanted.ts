// [4] Invocations that nobody waits for any more, of which the client may still hear: remembered so that they never begin.
import type { Channel } from '../../../protocol/sealing.ts';

/** Of one sender: a stub instance has one conversation at a time, and a `cancel` overtakes its `invoke` by seconds. */
const keptOfSender = 100;
/** As many as the inbox keeps channels of. */
const keptSenders = 512;

/** By sender, since ids are each sender's own: one can neither cancel another's conversation nor push it out. */
export class Unwanted {
  /** The one that was heard of last is the last. */
  readonly #ids = new Map<string, Set<string>>();

  has({ enc }: Channel, id: string): boolean {
    return this.#ids.get(enc)?.has(id) ?? false;
  }

  add({ enc }: Channel, id: string): void {
    const ids = this.#ids.get(enc) ?? new Set();
    ids.add(id);
    if (ids.size > keptOfSender) removeFirst(ids);
    this.#ids.delete(enc);
    this.#ids.set(enc, ids);
    if (this.#ids.size > keptSenders) removeFirst(this.#ids);
  }
}

function removeFirst(kept: Set<string> | Map<string, unknown>): void {
  for (const first of kept.keys()) {
    kept.delete(first);
    return;
  }
}
