// Inspector page: a store that changes often, for views that need not show each change.
import { useEffect, useState } from 'preact/hooks';
import type { Watchable } from './store.ts';

/** Its value, at most once in `ms`; the latest one always arrives. */
export function useThrottled<T>(store: Watchable<T>, ms: number): T {
  const [value, setValue] = useState(() => store.value);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const publish = () => {
      timer = undefined;
      setValue(() => store.value);
    };
    publish();
    const stop = store.subscribe(() => {
      timer ??= setTimeout(publish, ms);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [store, ms]);
  return value;
}
