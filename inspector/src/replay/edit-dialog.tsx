// Inspector page: the dialog in which an event is edited and run.
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { indentedJson } from '../../../cli/src/recordings/indented-json.ts';
import type { InvocationDetail, InvocationSummary } from '../../../cli/src/recordings/recording.ts';
import { useModel } from '../state/page-model.ts';
import { useStore } from '../state/store.ts';
import { Icon } from '../text/icon.tsx';
import { plural } from '../text/quantities.ts';
import { VisibleText } from '../text/visible-text.tsx';
import { useViews } from '../views-model.ts';
import { JsonEditor, type JsonEditorHandle } from './json-editor.tsx';
import { type JsonMistake, jsonMistake } from './json-mistake.ts';

/** Chromium takes seconds for each key in a longer text field. */
const mostCharacters = 500_000;

export function EditDialog({ summary }: { summary: InvocationSummary }): VNode {
  const { replays } = useViews();
  const { running, failed } = useStore(replays.state);
  const dialog = useRef<HTMLDialogElement>(null);
  const editor = useRef<JsonEditorHandle>(null);
  const { key } = summary;
  const recorded = useRecordedEvent(summary);
  const [mistake, setMistake] = useState<JsonMistake | undefined>();
  const [tried, setTried] = useState(0);
  const [hadDraft] = useState(() => replays.draft(key) !== undefined);
  useEffect(() => {
    if (dialog.current && !dialog.current.open) dialog.current.showModal();
  }, []);
  const isRunning = running.has(key);
  const run = async () => {
    const text = editor.current?.text();
    if (text === undefined || isRunning) return;
    const found = jsonMistake(text);
    setMistake(found);
    setTried((count) => count + 1);
    if (found) return editor.current?.goTo(found.offset);
    replays.setDraft(key, text);
    if (await replays.run(key, text)) replays.closeEditor();
  };
  const failure = failed.get(key);
  const masked = recorded.detail?.masked ?? 0;
  return (
    <dialog
      ref={dialog}
      class="dialog edit-dialog"
      aria-labelledby="edit-title"
      onClose={() => replays.closeEditor()}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        void run();
      }}
    >
      <header class="dialog-head">
        <h2 id="edit-title">
          Edit and replay <VisibleText text={summary.function} />
        </h2>
        <button type="button" class="button icon-only" onClick={() => replays.closeEditor()} title="Close">
          <Icon name="close" />
          <span class="unseen">Close</span>
        </button>
      </header>
      {recorded.isTooLong ? (
        <p class="hint">
          The event is too long for this editor. Edit it in your own, or change single values:{' '}
          <code>livectl replay {key} --edit</code>, <code>livectl replay {key} --set path=value</code>
        </p>
      ) : recorded.text === undefined ? (
        <p class="hint">{recorded.problem ?? 'Loading the event …'}</p>
      ) : (
        <>
          {summary.event_cut ? (
            <p class="hint warn">Only the start of the event was kept: complete it first.</p>
          ) : null}
          {masked > 0 ? (
            <details class="hint">
              <summary>
                {plural(masked, 'value')} that looked like secrets were masked when the event was recorded.
                The replay uses what is written here.
              </summary>
              <ul>
                {recorded.detail?.masked_paths?.slice(0, 100).map((path) => (
                  <li key={path}>
                    <VisibleText text={path} />
                  </li>
                ))}
              </ul>
            </details>
          ) : null}
          {hadDraft ? <p class="hint">This is the event as you left it.</p> : null}
          <JsonEditor
            handle={editor}
            label="Event, as JSON"
            initial={replays.draft(key) ?? recorded.text}
            mistake={mistake}
            onCheck={setMistake}
            onChange={(text) => replays.setDraft(key, text === recorded.text ? undefined : text)}
          />
        </>
      )}
      <footer class="dialog-foot">
        <button
          type="button"
          class="button primary"
          onClick={run}
          disabled={isRunning || recorded.text === undefined}
        >
          <Icon name="play" />
          <span>{isRunning ? 'Replaying' : 'Replay'}</span>
          <kbd>Ctrl Enter</kbd>
        </button>
        <button type="button" class="button" onClick={() => editor.current?.change(formatted)}>
          Format
        </button>
        <button
          type="button"
          class="button"
          onClick={() => editor.current?.change(() => recorded.text ?? '')}
          disabled={recorded.text === undefined}
        >
          Restore the recorded event
        </button>
        <span role="alert" class="refusal">
          {failure !== undefined && tried > 0 && !isRunning ? (
            <VisibleText text={`The replay was refused: ${failure}`} />
          ) : null}
        </span>
      </footer>
    </dialog>
  );
}

/** Text that is not JSON stays as it is. */
function formatted(text: string): string {
  return jsonMistake(text) ? text : indentedJson(text);
}

interface RecordedEvent {
  /** Laid out over lines if it is JSON. */
  readonly text?: string;
  readonly isTooLong?: true;
  readonly problem?: string;
  readonly detail?: InvocationDetail;
}

function useRecordedEvent({ event_bytes: length, event_cut: isCut, key }: InvocationSummary): RecordedEvent {
  const { client } = useModel();
  const [recorded, setRecorded] = useState<RecordedEvent>({});
  useEffect(() => {
    const ends = new AbortController();
    // Of one that was cut, the kept start counts.
    const isLong = !isCut && length > mostCharacters;
    const load = async (): Promise<RecordedEvent> => {
      if (isLong) return { isTooLong: true };
      const [body, detail] = await Promise.all([
        client.body(key, 'event', ends.signal),
        client.invocation(key, ends.signal),
      ]);
      if (body.bytes.length > mostCharacters) return { isTooLong: true };
      const text = new TextDecoder().decode(body.bytes);
      const readable = formatted(text);
      return { text: readable.length > mostCharacters ? text : readable, detail };
    };
    load().then(
      (loaded) => {
        if (!ends.signal.aborted) setRecorded(loaded);
      },
      (error: unknown) => {
        if (!ends.signal.aborted)
          setRecorded({ problem: error instanceof Error ? error.message : String(error) });
      },
    );
    return () => ends.abort();
  }, [client, key, length, isCut]);
  return recorded;
}
