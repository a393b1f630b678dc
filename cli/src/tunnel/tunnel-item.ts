// The directory item of a tunnel function in use: where the function finds livectl, and what others see of it.
import * as v from 'valibot';
import type { Clock, Timer } from '../../../protocol/clock.ts';
import {
  type ClientItem,
  clientCapabilities,
  type Directory,
  parseClientItem,
  toItem,
  tunnelItemPrefix,
} from '../../../protocol/directory.ts';
import { parseJsonAs } from '../../../protocol/json.ts';
import { within } from '../../../protocol/within.ts';
import { type Holder, leaseMs, releaseBoundMs, renewEveryMs, retryRenewalMs } from '../relay/lease.ts';
import type { TunnelFacts } from './contract.ts';

/** How long DynamoDB keeps the item of a livectl that vanished. */
const keptAfterLeaseSeconds = 60 * 60;

interface OwnTunnelItemOptions {
  readonly directory: Pick<Directory, 'call'>;
  readonly stage: string;
  /** Of the instance: `instanceIdPattern`. */
  readonly id: string;
  /** The tunnel's, in the stage's manifest. */
  readonly name: string;
  readonly holder: Holder;
  /** The relay carries seven bits to a character. */
  readonly isSeptets: boolean;
  readonly facts: () => TunnelFacts;
  readonly clock: Clock;
}

/** Written before the function starts, kept up to date while it runs, and deleted at its end. */
export class OwnTunnelItem {
  readonly #options: OwnTunnelItemOptions;
  readonly #since: number;
  #connectionId = '';
  #renewal: Timer | undefined;
  readonly #underWay = new Set<Promise<unknown>>();
  #isOver = false;

  constructor(options: OwnTunnelItemOptions) {
    this.#options = options;
    this.#since = options.clock.now();
  }

  /** Names a connection of livectl from now on. Rejects with the directory's errors. */
  async put(connectionId: string): Promise<void> {
    this.#connectionId = connectionId;
    await this.#write(false);
    this.#renewAfter(renewEveryMs);
  }

  /** Writes it again with the facts of now. Never rejects: the next renewal writes them as well. */
  publish(): void {
    if (this.#connectionId !== '') this.#write(true).catch(() => undefined);
  }

  /** Deletes it, within {@link releaseBoundMs}. Never rejects; an item that stays expires. */
  async remove(): Promise<void> {
    this.#isOver = true;
    this.#renewal?.cancel();
    const { clock, directory, id, stage } = this.#options;
    const Key = { stage: { S: stage }, item: { S: tunnelItemPrefix + id } };
    // A write under way must not bring it back.
    const removed = Promise.allSettled(this.#underWay).then(() => directory.call('DeleteItem', { Key }));
    await within(
      clock,
      releaseBoundMs,
      removed.catch(() => undefined),
    );
  }

  #renewAfter(ms: number): void {
    this.#renewal?.cancel();
    if (this.#isOver) return;
    const renew = () =>
      this.#write(true).then(
        () => this.#renewAfter(renewEveryMs),
        () => this.#renewAfter(retryRenewalMs),
      );
    this.#renewal = this.#options.clock.after(ms, () => void renew(), { background: true });
  }

  /** A renewal changes nothing if the item is gone or names another connection by then: it may arrive late. */
  #write(isRenewal: boolean): Promise<unknown> {
    const { clock, directory, facts, holder, id, isSeptets, name, stage } = this.#options;
    if (this.#isOver) return Promise.resolve();
    const leaseUntil = clock.now() + leaseMs;
    const { cost, ...others } = facts();
    const item: ClientItem = {
      ...holder,
      stage,
      item: tunnelItemPrefix + id,
      connectionId: this.#connectionId,
      capabilities: isSeptets ? `${clientCapabilities} bits7` : clientCapabilities,
      tunnel: JSON.stringify({ name, ...others, cost: Number(cost.toFixed(6)), since: this.#since }),
      since: this.#since,
      leaseUntil,
      expiresAt: Math.ceil(leaseUntil / 1000) + keptAfterLeaseSeconds,
    };
    const ifSame = {
      ConditionExpression: '#connectionId = :connectionId',
      ExpressionAttributeNames: { '#connectionId': 'connectionId' },
      ExpressionAttributeValues: { ':connectionId': { S: this.#connectionId } },
    };
    const write = directory.call('PutItem', { Item: toItem(item), ...(isRenewal ? ifSame : {}) });
    this.#underWay.add(write);
    const over = () => this.#underWay.delete(write);
    write.then(over, over);
    return write;
  }
}

/** What other livectls wrote is not trusted: bounded numbers, and a text that must be printed as such. */
const countSchema = v.pipe(v.number(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const factsSchema = v.object({
  name: v.pipe(v.string(), v.maxLength(64)),
  state: v.picklist(['starting', 'running', 'replacing', 'ended', 'failed']),
  streams: countSchema,
  bytes: countSchema,
  cost: countSchema,
});

/** A tunnel function that somebody uses. */
export interface UsedTunnel extends v.InferOutput<typeof factsSchema> {
  readonly user: string;
  readonly host: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** More than a stage has functions running; the newest are shown. */
const mostTunnels = 100;
/** A page holds 1 MB, about two thousand items. */
const mostPages = 3;

const pageSchema = v.object({
  Items: v.optional(v.array(v.unknown()), []),
  LastEvaluatedKey: v.nullish(v.record(v.string(), v.unknown())),
});

/** Those of a stage with a valid lease, the newest first, at most 100. Rejects with the directory's errors. */
export async function usedTunnels(
  directory: Pick<Directory, 'call'>,
  stage: string,
  nowMs: number,
): Promise<UsedTunnel[]> {
  const found: UsedTunnel[] = [];
  let start: Record<string, unknown> | null | undefined;
  for (let page = 1; page <= mostPages; page += 1) {
    const output = await directory.call('Query', {
      KeyConditionExpression: '#stage = :stage AND begins_with(#item, :prefix)',
      ExpressionAttributeNames: { '#stage': 'stage', '#item': 'item' },
      ExpressionAttributeValues: { ':stage': { S: stage }, ':prefix': { S: tunnelItemPrefix } },
      ConsistentRead: true,
      ...(start ? { ExclusiveStartKey: start } : {}),
    });
    const parsed = v.safeParse(pageSchema, output);
    if (!parsed.success) break;
    for (const item of parsed.output.Items) {
      const client = parseClientItem(item);
      const facts = parseJsonAs(factsSchema, client?.tunnel ?? '');
      if (client === undefined || facts === undefined || client.leaseUntil <= nowMs) continue;
      found.push({ ...facts, user: client.user, host: client.host, since: client.since });
    }
    start = parsed.output.LastEvaluatedKey;
    if (!start) break;
  }
  return found.sort((one, other) => other.since - one.since).slice(0, mostTunnels);
}
