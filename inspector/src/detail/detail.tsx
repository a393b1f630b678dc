// Inspector page: one invocation: its head, and tabs for what is known of it.
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import type { InvocationDetail, InvocationSummary } from '../../../cli/src/recordings/recording.ts';
import { useShortcut } from '../keyboard/use-shortcut.ts';
import { DetailActions, DetailStrip, tabs as furtherTabs, type TabSlot } from '../slots.tsx';
import { useModel } from '../state/page-model.ts';
import { useStore } from '../state/store.ts';
import { Icon } from '../text/icon.tsx';
import { count } from '../text/quantities.ts';
import { DetailHead } from './detail-head.tsx';
import { EventTab } from './event-tab.tsx';
import { LogsTab } from './logs-tab.tsx';
import { ResultTab } from './result-tab.tsx';
import { useDetail } from './use-detail.ts';

const ownTabs: readonly TabSlot[] = [
  {
    id: 'event',
    label: ({ source }) => (source === 'http' ? 'Request' : 'Event'),
    isFor: () => true,
    Content: EventTab,
  },
  {
    id: 'result',
    label: ({ source, status }) => (status === 'error' ? 'Error' : source === 'http' ? 'Response' : 'Result'),
    isFor: () => true,
    Content: ResultTab,
  },
  {
    id: 'logs',
    label: ({ lines }) => `Logs ${count(lines.length)}`,
    isFor: () => true,
    Content: LogsTab,
  },
];

const allTabs = [...ownTabs, ...furtherTabs];

export function Detail({ invocation }: { invocation: string }): VNode {
  const model = useModel();
  const row = useStore(model.rows, () => model.rows.get(invocation));
  const { detail, problem } = useDetail(invocation);
  const summary = row ?? (detail && summaryOf(detail));
  const close = () => {
    model.closeDetail();
    model.focusList();
  };
  useShortcut('Escape', 'Invocation', 'Close', close);
  return (
    <section id="detail" class="detail" aria-label="Invocation" tabIndex={-1}>
      <div class="detail-bar">
        <button type="button" class="button plain detail-back" onClick={close}>
          <Icon name="back" />
          <span class="unseen">Back to the invocations</span>
        </button>
        <div class="detail-actions">{summary && <DetailActions summary={summary} />}</div>
        <button type="button" class="button icon-only detail-close" title="Close (Esc)" onClick={close}>
          <Icon name="close" />
          <span class="unseen">Close</span>
        </button>
      </div>
      {summary && <DetailHead summary={summary} detail={detail} />}
      {detail ? (
        <Tabs detail={detail} />
      ) : (
        <p class="pane-note" role={problem ? 'alert' : 'status'}>
          {problem ?? 'Loading…'}
        </p>
      )}
    </section>
  );
}

function Tabs({ detail }: { detail: InvocationDetail }): VNode {
  const model = useModel();
  const wanted = useStore(model.place, (place) => place.tab);
  const list = useRef<HTMLDivElement>(null);
  const shown = allTabs.filter((tab) => tab.isFor(detail));
  const usual = detail.status === 'error' ? 'result' : 'event';
  const chosen = shown.find(({ id }) => id === wanted) ?? shown.find(({ id }) => id === usual);
  const at = chosen ? shown.indexOf(chosen) : 0;
  const choose = (index: number, hasFocus: boolean) => {
    const tab = shown[(index + shown.length) % shown.length];
    if (!tab) return;
    model.go({ tab: tab.id });
    if (hasFocus) list.current?.querySelector<HTMLElement>(`#tab-${tab.id}`)?.focus();
  };
  useShortcut('[ h', 'Invocation', 'Previous tab', () => choose(at - 1, false));
  useShortcut('] l', 'Invocation', 'Next tab', () => choose(at + 1, false));
  const Content = chosen?.Content;
  return (
    <>
      <DetailStrip detail={detail} />
      <div
        class="tabs"
        role="tablist"
        aria-label="Parts of the invocation"
        ref={list}
        onKeyDown={(event) => {
          const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
          if (by === 0) return;
          event.preventDefault();
          choose(at + by, true);
        }}
      >
        {shown.map((tab, index) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`tab-${tab.id}`}
            aria-selected={index === at}
            aria-controls="tab-panel"
            tabIndex={index === at ? 0 : -1}
            onClick={() => choose(index, false)}
          >
            {tab.label(detail)}
          </button>
        ))}
      </div>
      {/* It scrolls, so the keyboard must get there also where nothing in it takes the focus. */}
      <div
        class="tab-panel"
        role="tabpanel"
        id="tab-panel"
        tabIndex={0}
        aria-labelledby={`tab-${chosen?.id}`}
      >
        {Content && <Content key={`${detail.key} ${chosen.id}`} detail={detail} />}
      </div>
    </>
  );
}

/** The row, where the list has it no longer. */
function summaryOf(detail: InvocationDetail): InvocationSummary {
  const { error, ...rest } = detail;
  return error ? { ...rest, error: { name: error.name, message: error.message } } : rest;
}
