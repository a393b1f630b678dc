// Inspector page: what a component has asked the API for.
import { useEffect, useState } from 'preact/hooks';

export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'loaded'; readonly value: T }
  | { readonly state: 'failed'; readonly message: string };

/** Loads again when `name` changes; what arrives for an earlier one is dropped. Undefined loads nothing. */
export function useLoaded<T>(name: string | undefined, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [loaded, setLoaded] = useState<{ name: string | undefined; of: Loaded<T> }>({
    name,
    of: { state: 'loading' },
  });
  useEffect(() => {
    if (name === undefined) return;
    const ends = new AbortController();
    const set = (of: Loaded<T>) => {
      if (!ends.signal.aborted) setLoaded({ name, of });
    };
    load(ends.signal).then(
      (value) => set({ state: 'loaded', value }),
      (error: unknown) =>
        set({ state: 'failed', message: error instanceof Error ? error.message : String(error) }),
    );
    return () => ends.abort();
  }, [name]);
  return loaded.name === name ? loaded.of : { state: 'loading' };
}
