// [4] Remembers cancelled invocations, so that they do not begin if they arrive later.
import type { Channel } from '../../../protocol/sealing.ts';

/** Per sender: a stub instance has one conversation at a time, and a `cancel` overtakes its `invoke` by seconds. */
const keptOfSender = 100;
/** As many senders as the inbox keeps channels for. */
const keptSenders = 512;

/** A cancelled invocation. */
interface Cancelled {
  /** It has been reported as not run. */
  isReported: boolean;
  /** Another client has it. */
  readonly isElsewhere: boolean;
}

/** By sender, since ids belong to their sender: none can cancel another's conversation, nor push it out. */
export class Unwanted {
  /** The most recent one is last. */
  readonly #ids = new Map<string, Map<string, Cancelled>>();

  has({ enc }: Channel, id: string): boolean {
    return this.#ids.get(enc)?.has(id) ?? false;
  }

  /** The invocation itself has arrived: what is known of it, unless it was reported before. */
  takeUnreported({ enc }: Channel, id: string): Cancelled | undefined {
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
