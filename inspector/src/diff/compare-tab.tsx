// Inspector page: an invocation's result beside another one's.
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { InvocationDetail, InvocationSummary } from '../../../cli/src/recordings/recording.ts';
import type { BodyPart } from '../api/client.ts';
import { useModel } from '../state/page-model.ts';
import { useStore } from '../state/store.ts';
import { useLoaded } from '../state/use-loaded.ts';
import { useThrottled } from '../state/use-throttled.ts';
import { byteSize, clockTime, duration } from '../text/quantities.ts';
import { visibleText } from '../text/visible.ts';
import { useViews } from '../views-model.ts';
import { type Candidate, candidates } from './candidates.ts';
import { comparison } from './comparison.ts';
import { DiffView } from './diff-view.tsx';

/** Longer bodies are not compared in the page. */
const mostBytes = 4 * 1024 * 1024;

const refreshMs = 500;

export function CompareTab({ detail }: { detail: InvocationDetail }): VNode {
  const model = useModel();
  const { baseline } = useViews();
  const { items } = useThrottled(model.rows, refreshMs);
  const base = useStore(baseline);
  const [part, setPart] = useState<BodyPart>('result');
  const [picked, setPicked] = useState<string | undefined>();
  const row = model.rows.get(detail.key) ?? detail;
  const chosen = base === undefined ? undefined : model.rows.get(base);
  const found = useMemo(() => candidates(items, row, chosen), [items, row, chosen]);
  const other = found.find((each) => each.row.key === picked) ?? found[0];
  if (!other) return <p class="hint">There is no other invocation of this function to compare with.</p>;
  return (
    <div class="compare">
      <div class="compare-choice">
        <label>
          Compare with{' '}
          <select
            class="select"
            value={other.row.key}
            onChange={(event) => setPicked(event.currentTarget.value)}
          >
            {found.map((candidate) => (
              <option key={candidate.row.key} value={candidate.row.key}>
                {candidateText(candidate)}
              </option>
            ))}
          </select>
        </label>
        <fieldset class="choices">
          <legend class="unseen">What is compared</legend>
          {(['result', 'event'] as const).map((each) => (
            <button key={each} type="button" aria-pressed={part === each} onClick={() => setPart(each)}>
              {each === 'result' ? 'Results' : 'Events'}
            </button>
          ))}
        </fieldset>
        {base === undefined ? null : (
          <button type="button" class="button" onClick={() => baseline.set(undefined)}>
            Forget the choice
          </button>
        )}
      </div>
      <Compared
        key={`${other.row.key} ${row.key} ${part} ${row.status}`}
        before={other.row}
        after={row}
        part={part}
      />
    </div>
  );
}

const notes: Readonly<Record<Candidate['why'], string>> = {
  chosen: 'Chosen: ',
  original: 'Original: ',
  replay: 'Its replay: ',
  'same event': 'Other replay: ',
  'same trigger': '',
  'same function': '',
};

function candidateText({ row, why }: Candidate): string {
  const outcome = row.status === 'ok' ? String(row.http_status ?? 'ok') : (row.error?.name ?? row.status);
  const words = `${notes[why]}${clockTime(row.at)} ${outcome} ${duration(row.ms)} ${row.trigger}`;
  return visibleText(words.slice(0, 160));
}

interface Pair {
  readonly before: InvocationSummary;
  readonly after: InvocationSummary;
  readonly part: BodyPart;
}

/** The earlier one is on the left, whichever was selected first. */
function Compared({ after: selected, before: other, part }: Pair): VNode {
  const { client } = useModel();
  const isSelectedLater = selected.key > other.key;
  const [before, after] = isSelectedLater ? [other, selected] : [selected, other];
  const loaded = useLoaded(`${before.key} ${after.key} ${part}`, async (signal) => {
    const length = part === 'result' ? 'result_bytes' : 'event_bytes';
    const tooLong = [before, after].find((row) => row[length] > mostBytes);
    if (tooLong)
      throw new Error(
        `${byteSize(tooLong[length])} are too long to compare here. Use livectl replay --diff.`,
      );
    const [left, right] = await Promise.all([
      client.body(before.key, part, signal),
      client.body(after.key, part, signal),
    ]);
    const isCut = left.isCut || right.isCut;
    return { ...comparison(textOf(left.bytes), textOf(right.bytes)), isCut };
  });
  if (before.status === 'running' || after.status === 'running')
    return <p class="hint">It is still running.</p>;
  if (loaded.state === 'loading') return <p class="hint">Loading …</p>;
  if (loaded.state === 'failed') return <p class="hint warn">{visibleText(loaded.message)}</p>;
  return (
    <>
      {loaded.value.isCut ? <p class="hint warn">Only the start of one of them was kept.</p> : null}
      {loaded.value.hasOpenBody ? (
        <p class="hint">The HTTP bodies are JSON and are compared as such.</p>
      ) : null}
      <DiffView
        comparison={loaded.value}
        left={<SideHead row={before} isSelected={before === selected} />}
        right={<SideHead row={after} isSelected={after === selected} />}
      />
    </>
  );
}

function SideHead({ isSelected, row }: { row: InvocationSummary; isSelected: boolean }): VNode {
  const model = useModel();
  const kind =
    row.replay_of === undefined
      ? row.observed
        ? 'observed'
        : 'recorded'
      : row.edited
        ? 'edited replay'
        : 'replay';
  const outcome =
    row.status === 'ok' ? String(row.http_status ?? 'ok') : (row.error?.name ?? 'error').slice(0, 80);
  const text = visibleText(`${clockTime(row.at)} ${kind}, ${outcome}, ${duration(row.ms)}`);
  if (isSelected) return <strong>{text}</strong>;
  return (
    <button type="button" class="link" onClick={() => model.open(row.key)}>
      {text}
    </button>
  );
}

/** Bytes that are not UTF-8 become U+FFFD; two such bodies may look equal. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
