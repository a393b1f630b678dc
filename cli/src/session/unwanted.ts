// [4] Remembers invocations that nobody waits for any more, so that they never begin if they still arrive.
import type { Channel } from '../../../protocol/sealing.ts';

/** Of one sender: a stub instance has one conversation at a time, and a `cancel` overtakes its `invoke` by seconds. */
const keptOfSender = 100;
/** As many as the inbox keeps channels of. */
const keptSenders = 512;

/** One of them. */
interface Cancelled {
  /** It has been reported as not run. */
  isReported: boolean;
  /** Another client has it. */
  readonly isElsewhere: boolean;
}

/** By sender, since ids are each sender's own: one can neither cancel another's conversation nor push it out. */
export class Unwanted {
  /** The one that was heard of last is the last. */
  readonly #ids = new Map<string, Map<string, Cancelled>>();

  has({ enc }: Channel, id: string): boolean {
    return this.#ids.get(enc)?.has(id) ?? false;
  }

  /** The invocation itself has arrived: what is known of it, unless it was reported before. */
  takeNews({ enc }: Channel, id: string): Cancelled | undefined {
    const known = this.#ids.get(enc)?.get(id);
    if (known === undefined || known.isReported) return undefined;
    known.isReported = true;
    return known;
  }

  add(
    { enc }: Channel,
    id: string,
    { isReported = false, isElsewhere = false }: Partial<Cancelled> = {},
  ): void {
    const ids = this.#ids.get(enc) ?? new Map<string, Cancelled>();
    ids.set(id, ids.get(id) ?? { isReported, isElsewhere });
    if (ids.size > keptOfSender) removeFirst(ids);
    this.#ids.delete(enc);
    this.#ids.set(enc, ids);
    if (this.#ids.size > keptSenders) removeFirst(this.#ids);
  }
}

function removeFirst(kept: Map<string, unknown>): void {
  for (const first of kept.keys()) {
    kept.delete(first);
    return;
  }
}
