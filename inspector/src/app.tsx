// Inspector page: its shell: top bar, banners, and the chosen view.
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ConnectionNotice } from './connection-notice.tsx';
import { Detail } from './detail/detail.tsx';
import { Help } from './keyboard/help.tsx';
import { useShortcut } from './keyboard/use-shortcut.ts';
import { FilterBar } from './list/filter-bar.tsx';
import { InvocationList } from './list/invocation-list.tsx';
import { narrow, useMedia } from './list/use-media.ts';
import { useShownRows } from './list/use-shown-rows.ts';
import { Banners, views } from './slots.tsx';
import { useModel } from './state/page-model.ts';
import { useStore } from './state/store.ts';
import { TopBar } from './top-bar.tsx';

export function App(): VNode {
  const model = useModel();
  const view = useStore(model.place, (place) => place.view);
  const stage = useStore(model.live.snapshot, (snapshot) => snapshot?.stage);
  const [hasHelp, setHasHelp] = useState(false);
  useShortcut('?', 'Page', 'This help', () => setHasHelp(true));
  useEffect(() => {
    document.title = stage === undefined ? 'livectl' : `${stage} · livectl`;
  }, [stage]);
  const Other = views.find(({ id }) => id === view)?.View;
  return (
    <>
      <TopBar openHelp={() => setHasHelp(true)} />
      <ConnectionNotice />
      <Banners />
      <main class="main">{Other ? <Other /> : <Invocations />}</main>
      {hasHelp && <Help close={() => setHasHelp(false)} />}
    </>
  );
}

/** In a narrow window the list and the detail are two screens. */
function Invocations(): VNode {
  const model = useModel();
  const key = useStore(model.place, (place) => place.key);
  const isNarrow = useMedia(narrow);
  const rows = useShownRows();
  const hasList = !isNarrow || key === undefined;
  return (
    <div class={key === undefined ? 'invocations' : 'invocations has-detail'}>
      {hasList && (
        <div class="list-pane">
          <FilterBar shown={rows.length} />
          <InvocationList rows={rows} />
        </div>
      )}
      {key !== undefined && <Detail invocation={key} />}
    </div>
  );
}
