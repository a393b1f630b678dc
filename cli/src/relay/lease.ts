// [3] The client's lease in the directory: taken over out loud, renewed while serving, given back at the end.
import type { Clock, Timer } from '../../../protocol/clock.ts';
import {
  type ClientItem,
  clientItemPrefix,
  type Directory,
  DirectoryRefusal,
  parseClientItem,
  toItem,
  wholeStageItem,
} from '../../../protocol/directory.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';

/** A lease holds this long after its last renewal; a laptop that sleeps loses it, and stubs fail at once. */
export const leaseMs = 90_000;
const renewEveryMs = 30_000;

/** How long DynamoDB keeps the item of a client that vanished; only for tidiness, the lease decides. */
const keptAfterLeaseSeconds = 24 * 60 * 60;

/** Who this client is, as others read it. */
export interface Holder {
  /** Random id of this process. */
  readonly session: string;
  readonly user: string;
  readonly host: string;
  /** ARN of the AWS principal, where it is known. */
  readonly caller?: string;
  readonly version: string;
  readonly publicKey: string;
}

export interface LeaseOptions {
  readonly directory: Directory;
  readonly stage: string;
  /** The functions served, or undefined for the whole stage. */
  readonly functions: readonly string[] | undefined;
  readonly holder: Holder;
  readonly clock: Clock;
  /** Refuse, rather than displace, a live holder. */
  readonly noTakeover: boolean;
  /** Somebody else holds it now. Called once; renewals have ended. */
  readonly onLost: (by: { readonly user: string; readonly host: string } | undefined) => void;
  /** A renewal failed and will be tried again; `leaseLeftMs` until stubs stop finding this client. */
  readonly onTrouble: (message: string, leaseLeftMs: number) => void;
}

/** The items of one serving process, one per function or one for the stage. */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #items: readonly string[];
  readonly #since: number;
  #connectionId = '';
  #renewal: Timer | undefined;
  #heldUntil = 0;
  #ended = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#items = options.functions?.map((name) => clientItemPrefix + name) ?? [wholeStageItem];
    this.#since = options.clock.now();
  }

  /**
   * Takes the items for a connection, or moves them to a new connection of this process. Returns the live
   * clients that were displaced. Rejects with LD_DISPLACED where `noTakeover` meets a live holder, and where
   * somebody took over since: a laptop that wakes up must not take the stage back unasked.
   */
  async take(connectionId: string): Promise<ClientItem[]> {
    if (this.#ended) throw new LiveDebugError('LD_DISPLACED', 'the lease is lost');
    this.#connectionId = connectionId;
    const displaced: ClientItem[] = [];
    for (const item of this.#items) {
      const before = await this.#put(item);
      const live = before && before.leaseUntil > this.#options.clock.now();
      if (live && before.session !== this.#options.holder.session) displaced.push(before);
    }
    this.#scheduleRenewal();
    return displaced;
  }

  /** Renews now, and so finds out whether somebody else holds it. Never rejects. */
  async check(): Promise<void> {
    this.#renewal?.cancel();
    await this.#renew();
  }

  /** Gives the items back, where they are still this process's. Never rejects: the lease runs out by itself. */
  async release(): Promise<void> {
    this.#ended = true;
    this.#renewal?.cancel();
    const { directory, stage, holder } = this.#options;
    const release = async (item: string) => {
      await directory.call('DeleteItem', {
        Key: { stage: { S: stage }, item: { S: item } },
        ConditionExpression: '#session = :session',
        ExpressionAttributeNames: { '#session': 'session' },
        ExpressionAttributeValues: { ':session': { S: holder.session } },
      });
    };
    await Promise.allSettled(this.#items.map(release));
  }

  async #put(item: string): Promise<ClientItem | undefined> {
    const { directory, stage, holder, clock, noTakeover } = this.#options;
    const now = clock.now();
    const client: ClientItem = {
      ...holder,
      stage,
      item,
      connectionId: this.#connectionId,
      since: this.#since,
      ...terms(now),
    };
    const unlessHeld = {
      ConditionExpression: 'attribute_not_exists(#item) OR #session = :session OR #leaseUntil < :now',
      ExpressionAttributeNames: { '#item': 'item', '#session': 'session', '#leaseUntil': 'leaseUntil' },
      ExpressionAttributeValues: { ':session': { S: holder.session }, ':now': { N: String(now) } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    };
    try {
      const guard = noTakeover || this.#heldUntil > 0 ? unlessHeld : {};
      const input = { Item: toItem(client), ReturnValues: 'ALL_OLD', ...guard };
      const output = (await directory.call('PutItem', input)) as { Attributes?: unknown } | undefined;
      this.#heldUntil = client.leaseUntil;
      return parseClientItem(output?.Attributes);
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      const holds = parseClientItem(error.item);
      if (this.#heldUntil > 0) this.#lose(holds);
      const who = holds ? `${holds.user} on ${holds.host}` : 'somebody else';
      throw new LiveDebugError('LD_DISPLACED', `${who} is serving stage ${stage} (${item})`, {
        remedy: 'ask them, or leave out --no-takeover to take over',
      });
    }
  }

  #scheduleRenewal(): void {
    this.#renewal?.cancel();
    this.#renewal = this.#options.clock.after(renewEveryMs, () => void this.#renew(), { background: true });
  }

  async #renew(): Promise<void> {
    if (this.#ended) return;
    const { clock, onTrouble } = this.#options;
    const until = terms(clock.now());
    try {
      for (const item of this.#items) await this.#extend(item, until);
      this.#heldUntil = until.leaseUntil;
    } catch (error) {
      if (this.#ended) return;
      if (isConditionFailure(error)) return this.#lose(parseClientItem(error.item));
      onTrouble(messageOf(error), this.#heldUntil - clock.now());
    }
    if (!this.#ended) this.#scheduleRenewal();
  }

  #lose(to: ClientItem | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#renewal?.cancel();
    this.#options.onLost(to && { user: to.user, host: to.host });
  }

  async #extend(
    item: string,
    until: { readonly leaseUntil: number; readonly expiresAt: number },
  ): Promise<void> {
    const { directory, stage, holder } = this.#options;
    await directory.call('UpdateItem', {
      Key: { stage: { S: stage }, item: { S: item } },
      UpdateExpression: 'SET #leaseUntil = :leaseUntil, #expiresAt = :expiresAt',
      ConditionExpression: '#session = :session',
      ExpressionAttributeNames: {
        '#leaseUntil': 'leaseUntil',
        '#expiresAt': 'expiresAt',
        '#session': 'session',
      },
      ExpressionAttributeValues: {
        ':leaseUntil': { N: String(until.leaseUntil) },
        ':expiresAt': { N: String(until.expiresAt) },
        ':session': { S: holder.session },
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  }
}

function terms(now: number): { readonly leaseUntil: number; readonly expiresAt: number } {
  return { leaseUntil: now + leaseMs, expiresAt: Math.ceil((now + leaseMs) / 1000) + keptAfterLeaseSeconds };
}

function isConditionFailure(error: unknown): error is DirectoryRefusal {
  return error instanceof DirectoryRefusal && error.type === 'ConditionalCheckFailedException';
}
