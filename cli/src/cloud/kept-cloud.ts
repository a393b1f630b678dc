// What one cloud leaves to the next one of the same serve: messages, objects, items and records, and how programs reach them.

/** A principal of `aws-api/access.ts`. */
interface Identity {
  readonly arn: string;
  readonly id: string;
  readonly credentials: object;
}

interface Kept {
  readonly shape: string;
  readonly state: unknown;
}

/** In memory, for as long as livectl runs. */
export class KeptCloud {
  /** Of the endpoint; undefined before the first cloud. */
  endpointPort: number | undefined;
  readonly #identities = new Map<string, Identity>();
  #states = new Map<string, Kept>();

  /** The same keys for the same role in every cloud: programs outside have them. */
  principal<Principal extends Identity>(created: Principal): Principal {
    const { arn, credentials, id } = this.#identities.get(created.arn) ?? created;
    this.#identities.set(arn, { arn, credentials, id });
    return { ...created, credentials, id };
  }

  /** `shape`: what of a resource's settings its state depends on. */
  keep(name: string, state: unknown, shape = ''): void {
    this.#states.set(name, { shape, state });
  }

  /** What was kept under this name, by the same kind of resource, if the shape is the same. It belongs to the caller then. */
  take<State>(name: string, shape = ''): State | undefined {
    const kept = this.#states.get(name);
    this.#states.delete(name);
    return kept?.shape === shape ? (kept.state as State) : undefined;
  }

  /** Drops what was not taken: its resource is gone. */
  clear(): void {
    this.#states = new Map();
  }
}
