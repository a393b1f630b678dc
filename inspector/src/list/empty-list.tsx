// Inspector page: what is shown instead of rows.
import type { VNode } from 'preact';
import { isEmptyFilter } from '../state/filter.ts';
import { useModel } from '../state/page-model.ts';
import { useStore } from '../state/store.ts';

export function EmptyList(): VNode {
  const model = useModel();
  const filter = useStore(model.place, (place) => place.filter);
  const isLoaded = useStore(model.live.isLoaded);
  const known = useStore(model.rows, ({ items }) => items.length);
  if (!isLoaded)
    return (
      <div class="empty" role="status">
        Loading…
      </div>
    );
  if (known > 0 && !isEmptyFilter(filter))
    return (
      <div class="empty" role="status">
        <p>No invocation matches the filter.</p>
        <button type="button" class="button" onClick={() => model.go({ filter: {} })}>
          Clear the filter
        </button>
      </div>
    );
  return (
    <div class="empty" role="status">
      <p>No invocations yet.</p>
      <p class="quiet">
        Call a function's URL, or run <code>livectl trigger</code> or <code>livectl invoke</code>. Each
        invocation appears here at once.
      </p>
    </div>
  );
}
