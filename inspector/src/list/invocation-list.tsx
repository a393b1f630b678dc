// Inspector page: the list of invocations.
import type { VNode } from 'preact';
import { filterRows } from '../state/filter.ts';
import { useModel } from '../state/page-model.ts';
import { useStore } from '../state/store.ts';

export function InvocationList(): VNode {
  const model = useModel();
  const { items } = useStore(model.rows);
  const { filter, key } = useStore(model.place);
  return (
    <ul class="list">
      {filterRows(items, filter, Date.now())
        .slice(0, 200)
        .map((row) => (
          <li key={row.key}>
            <button
              type="button"
              class={row.key === key ? 'row selected' : 'row'}
              onClick={() => model.select(row.key)}
            >
              {row.at} {row.function} {row.trigger} {row.status} {row.ms} ms
            </button>
          </li>
        ))}
    </ul>
  );
}
