// A number for each distinct JSON value, so that two values are compared at once, however large they are.

/** Values of one comparison. Equal ones have the same identity, whatever the order of their members. */
export class JsonIdentities {
  /** By what a value is made of: its text, or its items' identities. */
  readonly #known = new Map<string, number>();
  readonly #containers = new WeakMap<object, number>();

  /** Takes time once for each value; nothing is called recursively, since values may be nested deeper than the stack. */
  of(value: unknown): number {
    if (!isContainer(value)) return this.#scalar(value);
    const known = this.#containers.get(value);
    if (known !== undefined) return known;
    const open: object[] = [value];
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const inner = Object.values(top).filter((item) => isContainer(item) && !this.#containers.has(item));
      if (inner.length === 0) {
        this.#containers.set(top, this.#container(top));
        open.pop();
      } else for (const item of inner) open.push(item as object);
    }
    return this.#containers.get(value) ?? 0;
  }

  #scalar(value: unknown): number {
    // -0 is 0 in JSON.
    return this.#number(typeof value === 'string' ? `"${value}` : String(value));
  }

  #container(value: object): number {
    if (Array.isArray(value)) return this.#number(`[${value.map((item) => this.#inner(item)).join(',')}`);
    const members = value as Readonly<Record<string, unknown>>;
    const names = Object.keys(members).sort();
    return this.#number(
      `{${names.map((name) => `${this.#scalar(name)}:${this.#inner(members[name])}`).join(',')}`,
    );
  }

  #inner(item: unknown): number {
    return (isContainer(item) ? this.#containers.get(item) : this.#scalar(item)) ?? 0;
  }

  #number(made: string): number {
    const known = this.#known.get(made);
    if (known !== undefined) return known;
    this.#known.set(made, this.#known.size + 1);
    return this.#known.size;
  }
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
