// Inspector page: the rows that the filter lets through.
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { InvocationSummary } from '../../../cli/src/recordings/recording.ts';
import { filterRows } from '../state/filter.ts';
import { useModel } from '../state/page-model.ts';
import { useStore } from '../state/store.ts';

/** How often "the last 5 minutes" are looked at again. */
const tickMs = 10_000;

export function useShownRows(): readonly InvocationSummary[] {
  const model = useModel();
  const { items } = useStore(model.rows);
  const filter = useStore(model.place, (place) => place.filter);
  const [tick, setTick] = useState(0);
  const isMoving = filter.last !== undefined;
  useEffect(() => {
    if (!isMoving) return;
    const timer = setInterval(() => setTick((count) => count + 1), tickMs);
    return () => clearInterval(timer);
  }, [isMoving]);
  return useMemo(() => filterRows(items, filter, Date.now()), [items, filter, tick]);
}
