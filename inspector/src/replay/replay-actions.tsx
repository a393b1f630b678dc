// Inspector page: the buttons that run an event again, edit it first, or compare results.
import type { VNode } from 'preact';
import type { InvocationSummary } from '../../../cli/src/recordings/recording.ts';
import { CopyAs } from '../export/copy-as.tsx';
import { useShortcut } from '../keyboard/use-shortcut.ts';
import { useModel } from '../state/page-model.ts';
import { useStore } from '../state/store.ts';
import { Icon } from '../text/icon.tsx';
import { VisibleText } from '../text/visible-text.tsx';
import { useViews } from '../views-model.ts';
import { EditDialog } from './edit-dialog.tsx';

export function ReplayActions({ summary }: { summary: InvocationSummary }): VNode {
  const model = useModel();
  const { baseline, replays } = useViews();
  const { editing, failed, running } = useStore(replays.state);
  const snapshot = useStore(model.live.snapshot);
  const base = useStore(baseline);
  const { key } = summary;
  const refusal = whyNot(
    summary,
    snapshot?.observing,
    snapshot?.functions.map((each) => each.name),
  );
  const isRunning = running.has(key);
  const replay = () => {
    if (refusal !== undefined) return false;
    replays.run(key);
    return true;
  };
  const edit = () => (refusal === undefined || summary.event_cut ? replays.edit(key) : false);
  const compare = () => {
    if (base === undefined || base === key) {
      baseline.set(base === key ? undefined : key);
      return;
    }
    model.go({ key, tab: 'compare' });
  };
  useShortcut('r', 'Invocation', 'Replay', replay);
  useShortcut('e', 'Invocation', 'Edit and replay', edit);
  useShortcut('c', 'Invocation', 'Choose for comparing, then compare', compare);
  const failure = failed.get(key);
  return (
    <>
      <button
        type="button"
        class="button primary"
        onClick={replay}
        disabled={isRunning || refusal !== undefined}
        title={refusal ?? 'Run the event again with today’s code (r)'}
      >
        <Icon name="play" />
        <span>{isRunning ? 'Replaying' : 'Replay'}</span>
      </button>
      <button
        type="button"
        class="button"
        onClick={edit}
        disabled={refusal !== undefined && !summary.event_cut}
        title={refusal ?? 'Change the event, then run it (e)'}
      >
        Edit and replay
      </button>
      <button
        type="button"
        class="button"
        onClick={compare}
        aria-pressed={base === key}
        title={compareTitle(base, key)}
      >
        {base === undefined ? 'Compare' : base === key ? 'Chosen: pick another' : 'Compare with chosen'}
      </button>
      <CopyAs summary={summary} />
      <span role="status" class={failure === undefined ? 'unseen' : 'refusal'}>
        {failure === undefined ? (
          isRunning ? (
            'Replaying'
          ) : (
            ''
          )
        ) : (
          <VisibleText text={`The replay was refused: ${failure}`} />
        )}
      </span>
      {editing === key ? <EditDialog key={key} summary={summary} /> : null}
    </>
  );
}

function compareTitle(base: string | undefined, key: string): string {
  if (base === undefined) return 'Choose this result, then select another invocation to compare (c)';
  return base === key
    ? 'Select another invocation, or press again to end (c)'
    : 'Compare with the chosen result (c)';
}

/** Undefined if it can be replayed. */
function whyNot(
  summary: InvocationSummary,
  isObserving: boolean | undefined,
  served: readonly string[] | undefined,
): string | undefined {
  if (isObserving) return 'livectl serve --observe runs no code. Use livectl replay.';
  if (served && !served.includes(summary.function)) return 'The function is not served now.';
  if (summary.event_cut) return 'Only the start of the event was kept.';
  return undefined;
}
