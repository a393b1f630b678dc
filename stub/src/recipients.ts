// [1] All clients that one invocation was sent to, normally one; it belongs to the first that responds.
import type { Client } from './client-directory.ts';

export class Recipients {
  readonly #all: Client[] = [];
  /** Connections that the relay reported as gone: their ids never come back. */
  readonly gone = new Set<string>();
  /** Public key of the client that has taken the invocation. */
  #taker: string | undefined;

  /** All clients that may still have it, each at its latest connection. */
  get reachable(): readonly Client[] {
    const latest = new Map(this.#all.map((client) => [client.item.publicKey, client]));
    return [...latest.values()].filter(({ item }) => !this.gone.has(item.connectionId));
  }

  /** The same without the client that has taken it. */
  get others(): readonly Client[] {
    return this.reachable.filter(({ item }) => item.publicKey !== this.#taker);
  }

  /** Whether a client has begun: no other one may. */
  get isTaken(): boolean {
    return this.#taker !== undefined;
  }

  /** The client to talk to, at its latest connection: the one that has taken it, otherwise the last one it was sent to. */
  get current(): Client | undefined {
    return this.#all.findLast(({ item }) => this.#taker === undefined || item.publicKey === this.#taker);
  }

  /** The same client at its latest connection. */
  latest(client: Client): Client {
    return this.#all.findLast(({ item }) => item.publicKey === client.item.publicKey) ?? client;
  }

  add(client: Client): void {
    if (this.#all.at(-1) !== client) this.#all.push(client);
  }

  /** Who sealed a chunk, and its content; undefined if it was none of these. */
  open(
    headerText: string,
    sealed: Uint8Array,
  ): { readonly from: Client; readonly chunk: Buffer } | undefined {
    for (const from of this.#all) {
      const chunk = from.channel.open(headerText, sealed);
      if (chunk !== undefined) return { from, chunk };
    }
    return undefined;
  }

  /** A whole message of this client has arrived; returns false if another one has taken the invocation. */
  hear({ item }: Client): boolean {
    this.#taker ??= item.publicKey;
    return this.#taker === item.publicKey;
  }
}
