// Inspector page: the deliveries of an invocation's messages, oldest first, and what becomes of them.
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { InvocationDetail, InvocationSummary } from '../../../cli/src/recordings/recording.ts';
import { deadLetterKey, type ServeNews } from '../news/serve-news.ts';
import { useModel } from '../state/page-model.ts';
import { useStore } from '../state/store.ts';
import { useThrottled } from '../state/use-throttled.ts';
import { clockTime, duration, plural } from '../text/quantities.ts';
import { VisibleText } from '../text/visible-text.tsx';
import { useViews } from '../views-model.ts';
import { type Attempt, attemptHistory } from './attempt-history.ts';

const refreshMs = 500;

export function AttemptsTab({ detail }: { detail: InvocationDetail }): VNode {
  const model = useModel();
  const { items } = useThrottled(model.rows, refreshMs);
  const news = useStore(useViews().news);
  const row = model.rows.get(detail.key) ?? detail;
  const history = useMemo(() => attemptHistory(items, row), [items, row]);
  const ids = detail.source_ids ?? [];
  const last = history.filter((attempt) => !attempt.isReplay).at(-1)?.row ?? row;
  return (
    <div class="attempts">
      {history.length === 0 ? (
        <p class="hint">No other delivery of {ids.length === 1 ? 'its message' : 'its messages'} is known.</p>
      ) : (
        <ol class="attempt-list">
          {history.map((attempt) => (
            <AttemptItem
              key={attempt.row.key}
              attempt={attempt}
              isThis={attempt.row.key === detail.key}
              of={ids.length}
            />
          ))}
        </ol>
      )}
      <Outcome last={last} ids={ids} news={news} />
      {ids.length > 0 ? (
        <details>
          <summary>{plural(ids.length, 'message id')}</summary>
          <ul class="ids">
            {ids.slice(0, 100).map((id) => (
              <li key={id}>
                <VisibleText text={id} />
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </div>
  );
}

function AttemptItem({ attempt, isThis, of }: { attempt: Attempt; isThis: boolean; of: number }): VNode {
  const model = useModel();
  const { afterMs, isReplay, number, row, shared } = attempt;
  const outcome = row.status === 'error' ? (row.error?.name ?? 'error').slice(0, 80) : row.status;
  return (
    <li class={`attempt ${row.status}`}>
      {afterMs === undefined ? null : <span class="pause">{duration(afterMs)} later</span>}
      <button type="button" aria-current={isThis ? 'true' : undefined} onClick={() => model.open(row.key)}>
        <strong>{isReplay ? 'Replay' : `Attempt ${number}`}</strong>
        <time dateTime={row.at}>{clockTime(row.at)}</time>
        <span class={`outcome ${row.status}`}>
          <VisibleText text={outcome} />
        </span>
        {row.status === 'running' ? null : <span>{duration(row.ms)}</span>}
        {of > 1 && shared > 0 ? (
          <span class="quiet">
            {shared} of {of} messages
          </span>
        ) : null}
        {isThis ? <span class="quiet">shown here</span> : null}
      </button>
    </li>
  );
}

/** What the local cloud said of the latest delivery. */
function Outcome({
  ids,
  last,
  news,
}: {
  ids: readonly string[];
  last: InvocationSummary;
  news: ServeNews;
}): VNode | null {
  const letter = ids.map((id) => news.deadLetters.get(deadLetterKey(last.function, id))).find(Boolean);
  if (letter)
    return (
      <p class="outcome-text">
        <strong>{letter.queue === undefined ? 'Given up' : 'Moved to the dead-letter queue '}</strong>
        {letter.queue === undefined ? null : <VisibleText text={letter.queue} />} after{' '}
        {plural(letter.attempts, 'attempt')}: <VisibleText text={letter.reason} />
      </p>
    );
  const retry = last.status === 'error' ? news.retries.get(last.id) : undefined;
  if (!retry) return null;
  return (
    <p class="outcome-text">
      Attempt {retry.attempt}
      {retry.attempts === undefined ? '' : ` of ${retry.attempts}`} failed; the next one comes after{' '}
      {duration(retry.in_ms)}: <VisibleText text={retry.reason} />
    </p>
  );
}
