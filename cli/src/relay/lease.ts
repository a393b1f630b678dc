// [3] The client's lease in the directory: taken over with notice, renewed while serving, and released at the end.
import type { Clock, Timer } from '../../../protocol/clock.ts';
import {
  type ClientItem,
  clientCapabilities,
  clientItemPrefix,
  type Directory,
  DirectoryRefusal,
  observerItemPrefix,
  parseClientItem,
  servedBy,
  toItem,
  wholeStageItem,
} from '../../../protocol/directory.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { within } from '../../../protocol/within.ts';
import type { OwnFilter } from './own-filter.ts';

/** A lease is valid this long after its last renewal; a laptop that sleeps loses it, and stubs then fail at once. */
export const leaseMs = 90_000;
export const renewEveryMs = 30_000;
/** Wait after a failed renewal: an outage of a minute must not cost the lease. Failures are reported every 30 s. */
export const retryRenewalMs = 10_000;

/** How long an orderly end waits for the directory; otherwise the lease simply expires. */
export const releaseBoundMs = 3000;

/** How long DynamoDB keeps the item of a client that vanished; only for cleanliness, since the lease decides. */
const keptAfterLeaseSeconds = 24 * 60 * 60;

/** This client's identity, as others read it. */
export interface Holder {
  /** Random id of this process. */
  readonly session: string;
  readonly user: string;
  readonly host: string;
  /** ARN of the AWS principal, if known. */
  readonly caller?: string;
  readonly version: string;
  readonly publicKey: string;
}

export interface LeaseOptions {
  readonly directory: Directory;
  readonly stage: string;
  /** The functions served, or undefined for the whole stage. */
  readonly functions: readonly string[] | undefined;
  /** Only what matches one of these is served; none: everything. */
  readonly filters?: readonly OwnFilter[] | undefined;
  /** It observes: at most so many copies a second from each instance. Its items are beside those of clients that serve. */
  readonly observe?: { readonly perSecond: number } | undefined;
  readonly holder: Holder;
  readonly clock: Clock;
  /** Refuse instead of displacing a live holder. */
  readonly noTakeover: boolean;
  /** Another client holds the stage now. Called once; renewals have ended. */
  readonly onLost: (by: { readonly user: string; readonly host: string } | undefined) => void;
  /** The lease was renewed; not called when the items are first taken. */
  readonly onRenewed?: () => void;
  /** A renewal failed and will be retried; stubs stop finding this client in `leaseLeftMs`, at least 0. */
  readonly onTrouble: (message: string, leaseLeftMs: number, error: unknown) => void;
}

/** What an item of this process is for. */
interface OwnItem {
  readonly key: string;
  readonly filter: OwnFilter | undefined;
}

/** The items of one serving process: one per function or one for the stage, and for each of these one per filter. */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #items: readonly OwnItem[];
  readonly #since: number;
  #connectionId = '';
  #capabilities = clientCapabilities;
  #renewal: Timer | undefined;
  /** Undefined until every item was taken once; somebody may be displaced only until then. */
  #heldUntil: number | undefined;
  #ended = false;
  /** Running calls of the directory, which must not undo a release. */
  readonly #underWay = new Set<Promise<unknown>>();
  /** Counts the takes: a renewal that began before the latest one is outdated. */
  #takes = 0;
  #taking: Promise<unknown> | undefined;
  #checking: Promise<void> | undefined;
  /** When a failed renewal was last reported. */
  #reportedAt: number | undefined;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#items = itemsOf(options);
    this.#since = options.clock.now();
  }

  /**
   * Takes the items for a connection, or moves them to a new connection of this process. Returns the live clients that were
   * displaced. Rejects with LD_DISPLACED if `noTakeover` meets a live holder, and if somebody took over in the meantime: a
   * laptop that wakes up must not take the stage back unasked. If a first take rejects, `release` returns what was taken
   * before. It does not wait for a running renewal, which may hang on a dead connection: a renewal never writes another
   * connection than it finds.
   */
  async take(connectionId: string): Promise<ClientItem[]> {
    const { clock, holder } = this.#options;
    while (this.#taking) await this.#taking;
    this.#takes += 1;
    const taken = this.#putAll(connectionId, false);
    this.#taking = taken
      .catch(() => undefined)
      .finally(() => {
        this.#taking = undefined;
      });
    const before = await this.#track(taken);
    this.#scheduleRenewal(renewEveryMs);
    return before.filter((item) => item.leaseUntil > clock.now() && item.session !== holder.session);
  }

  /** Renews now, which shows whether another client holds the lease. Never rejects; concurrent calls share one result. */
  check(): Promise<void> {
    this.#checking ??= this.#renew().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  /** Publishes one more capability of the client. Never rejects: the next renewal publishes it as well. */
  addCapability(word: string): Promise<void> {
    this.#capabilities += ` ${word}`;
    return this.check();
  }

  /** Releases the items that are still this process's, within {@link releaseBoundMs}. Never rejects. */
  async release(): Promise<void> {
    this.#ended = true;
    this.#renewal?.cancel();
    const released = Promise.allSettled(this.#underWay).then(() =>
      Promise.allSettled(this.#items.map(({ key }) => this.#delete(key))),
    );
    await within(this.#options.clock, releaseBoundMs, released);
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work);
    const over = () => this.#underWay.delete(work);
    work.then(over, over);
    return work;
  }

  #scheduleRenewal(afterMs: number): void {
    this.#renewal?.cancel();
    if (this.#ended || this.#heldUntil === undefined) return;
    this.#renewal = this.#options.clock.after(afterMs, () => void this.check(), { background: true });
  }

  async #renew(): Promise<void> {
    this.#renewal?.cancel();
    // The running renewal gives the same result.
    await this.#taking;
    const takes = this.#takes;
    try {
      if (this.#heldUntil !== undefined) await this.#track(this.#putAll(this.#connectionId, true));
      this.#reportedAt = undefined;
      if (!this.#ended) this.#options.onRenewed?.();
    } catch (error) {
      // A new connection taken in the meantime takes precedence.
      if (!this.#ended && takes === this.#takes) this.#tellTrouble(error);
      return this.#scheduleRenewal(takes === this.#takes ? retryRenewalMs : renewEveryMs);
    }
    this.#scheduleRenewal(renewEveryMs);
  }

  #tellTrouble(error: unknown): void {
    const { clock, onTrouble } = this.#options;
    const now = clock.now();
    if (this.#reportedAt !== undefined && Math.abs(now - this.#reportedAt) < renewEveryMs) return;
    this.#reportedAt = now;
    onTrouble(messageOf(error), Math.max(0, (this.#heldUntil ?? 0) - now), error);
  }

  /** Writes all items with this connection and a full lease; returns their previous content. */
  async #putAll(connectionId: string, isRenewal: boolean): Promise<ClientItem[]> {
    const takes = this.#takes;
    const now = this.#options.clock.now();
    const before: ClientItem[] = [];
    for (const item of this.#items) {
      if (this.#ended) throw new LiveDebugError('LD_DISPLACED', 'the lease was released');
      let was = await this.#put(item, connectionId, now, isRenewal);
      // Overtaken by a new connection of this process, which has its own lease.
      if (takes !== this.#takes) return before;
      // A take that failed midway, or that arrived late, has left another connection there.
      if (was === 'other connection') was = await this.#put(item, connectionId, now, false);
      if (typeof was === 'object') before.push(was);
    }
    // Only now: a connection that could not be written everywhere is abandoned, and renewals write the previous one.
    this.#connectionId = connectionId;
    this.#heldUntil = now + leaseMs;
    return before;
  }

  /** Renewing an item that this process holds for another connection changes nothing. */
  async #put(
    { filter, key: item }: OwnItem,
    connectionId: string,
    now: number,
    isRenewal: boolean,
  ): Promise<ClientItem | 'other connection' | undefined> {
    const { directory, stage, holder, noTakeover, observe } = this.#options;
    const client: ClientItem = {
      ...holder,
      stage,
      item,
      connectionId,
      capabilities: this.#capabilities,
      filter: filter?.text,
      observe: observe && String(observe.perSecond),
      since: this.#since,
      leaseUntil: now + leaseMs,
      expiresAt: Math.ceil((now + leaseMs) / 1000) + keptAfterLeaseSeconds,
    };
    const own = isRenewal ? '(#session = :session AND #connectionId = :connectionId)' : '#session = :session';
    const unlessHeld = {
      ConditionExpression: `attribute_not_exists(#item) OR ${own} OR #leaseUntil < :now`,
      ExpressionAttributeNames: {
        '#item': 'item',
        '#session': 'session',
        '#leaseUntil': 'leaseUntil',
        ...(isRenewal ? { '#connectionId': 'connectionId' } : {}),
      },
      ExpressionAttributeValues: {
        ':session': { S: holder.session },
        ':now': { N: String(now) },
        ...(isRenewal ? { ':connectionId': { S: connectionId } } : {}),
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    };
    const mayDisplace = this.#heldUntil === undefined && !noTakeover;
    const input = { Item: toItem(client), ReturnValues: 'ALL_OLD', ...(mayDisplace ? {} : unlessHeld) };
    try {
      const output = (await directory.call('PutItem', input)) as { Attributes?: unknown } | undefined;
      return parseClientItem(output?.Attributes);
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      const by = parseClientItem(error.item);
      if (by?.session === holder.session) return 'other connection';
      if (this.#heldUntil !== undefined) this.#lose(by);
      throw displacedError(stage, by, item, filter);
    }
  }

  #lose(to: ClientItem | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#renewal?.cancel();
    this.#options.onLost(to && { user: to.user, host: to.host });
  }

  async #delete(item: string): Promise<void> {
    const { directory, stage, holder } = this.#options;
    await directory.call('DeleteItem', {
      Key: { stage: { S: stage }, item: { S: item } },
      ConditionExpression: '#session = :session',
      ExpressionAttributeNames: { '#session': 'session' },
      ExpressionAttributeValues: { ':session': { S: holder.session } },
    });
  }
}

function itemsOf({ filters = [], functions, holder, observe }: LeaseOptions): readonly OwnItem[] {
  // Any number of clients may observe a function: each has items of its own.
  const own = observe ? [holder.session.replaceAll('-', '').slice(0, 16)] : [];
  const whole = observe ? `${observerItemPrefix}*` : wholeStageItem;
  const prefix = observe ? observerItemPrefix : clientItemPrefix;
  const served = functions?.map((name) => prefix + name) ?? [whole];
  return served.flatMap((key): OwnItem[] =>
    filters.length === 0
      ? [{ key: [key, ...own].join('#'), filter: undefined }]
      : filters.map((filter) => ({ key: `${key}#${[...own, filter.id].join('-')}`, filter })),
  );
}

function displacedError(
  stage: string,
  by: ClientItem | undefined,
  item: string,
  filter: OwnFilter | undefined,
): LiveDebugError {
  const who = by ? `${by.user} on ${by.host}` : 'somebody else';
  const { functionName } = servedBy({ item });
  const what = functionName === '*' ? `stage ${stage}` : `${functionName} of stage ${stage}`;
  const where = filter === undefined ? '' : ` where ${filter.only}`;
  return new LiveDebugError('LD_DISPLACED', `${who} is serving ${what}${where}`, {
    remedy: 'ask them, or leave out --no-takeover to take over',
  });
}

function isConditionFailure(error: unknown): error is DirectoryRefusal {
  return error instanceof DirectoryRefusal && error.type === 'ConditionalCheckFailedException';
}
