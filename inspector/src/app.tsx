// Inspector page: its shell: top bar, banners, and the chosen view.
import type { VNode } from 'preact';
import { InvocationList } from './list/invocation-list.tsx';
import { Banners, views } from './slots.tsx';
import { useModel } from './state/page-model.ts';
import { useStore } from './state/store.ts';

export function App(): VNode {
  const model = useModel();
  const snapshot = useStore(model.live.snapshot);
  const connection = useStore(model.live.connection);
  const view = useStore(model.place, (place) => place.view);
  const Other = views.find(({ id }) => id === view)?.View;
  return (
    <>
      <header class="top">
        <h1>livectl</h1>
        <span>{snapshot?.stage}</span>
        <span role="status">{connection.state}</span>
      </header>
      <Banners />
      <main>{Other ? <Other /> : <InvocationList />}</main>
    </>
  );
}
