// Inspector page: the bar at the top: which serve this is, the views, and whether it is connected.
import type { VNode } from 'preact';
import { views } from './slots.tsx';
import { useModel } from './state/page-model.ts';
import { useStore } from './state/store.ts';
import { visibleText } from './text/visible.ts';

export function TopBar({ openHelp }: { openHelp: () => void }): VNode {
  const model = useModel();
  const snapshot = useStore(model.live.snapshot);
  const view = useStore(model.place, (place) => place.view);
  return (
    <header class="top-bar">
      <h1>livectl</h1>
      {snapshot && (
        <span class="stage" title={visibleText(snapshot.root)}>
          {snapshot.place === 'local' ? 'local' : visibleText(snapshot.stage)}
        </span>
      )}
      {views.length > 0 && (
        <nav class="views" aria-label="Views">
          {[{ id: 'list', label: 'Invocations' }, ...views].map(({ id, label }) => (
            <button
              key={id}
              type="button"
              aria-current={id === view ? 'page' : undefined}
              onClick={() => model.go({ view: id }, id !== view)}
            >
              {label}
            </button>
          ))}
        </nav>
      )}
      <span class="spacer" />
      {snapshot?.observing && <span class="badge">observing</span>}
      {snapshot && !snapshot.recording && (
        <span class="badge warn" title="serve was started with --no-record">
          not recording
        </span>
      )}
      <ConnectionSign />
      <button type="button" class="button icon-only" title="Keyboard help (?)" onClick={openHelp}>
        <span aria-hidden="true">?</span>
        <span class="unseen">Keyboard help</span>
      </button>
    </header>
  );
}

const words = { connecting: 'Connecting', live: 'Live', lost: 'Reconnecting', refused: 'No access' };

function ConnectionSign(): VNode {
  const model = useModel();
  const { state } = useStore(model.live.connection);
  return (
    <span class={`connection ${state}`} role="status">
      {words[state]}
    </span>
  );
}
