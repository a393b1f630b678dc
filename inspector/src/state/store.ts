// Inspector page: a value that components watch.
import { useLayoutEffect, useReducer, useRef } from 'preact/hooks';

/** Something whose changes components watch. */
export interface Watchable<T> {
  readonly value: T;
  /** Returns how to stop. */
  subscribe(listener: () => void): () => void;
}

export class Store<T> implements Watchable<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) listener();
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#value));
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** What a store has, or a part of it; the component is drawn again when that changes. */
export function useStore<T>(store: Watchable<T>): T;
export function useStore<T, Part>(store: Watchable<T>, select: (value: T) => Part): Part;
export function useStore<T>(store: Watchable<T>, select: (value: T) => unknown = (value) => value): unknown {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const part = select(store.value);
  const drawn = useRef({ part, select });
  drawn.current = { part, select };
  useLayoutEffect(() => {
    const check = () => {
      if (!Object.is(drawn.current.select(store.value), drawn.current.part)) redraw(undefined);
    };
    check();
    return store.subscribe(check);
  }, [store]);
  return part;
}
