// Inspector page: a text field for JSON, with line numbers and the place of the first mistake.
import type { RefObject, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { byteSize, plural } from '../text/quantities.ts';
import { type JsonMistake, jsonMistake } from './json-mistake.ts';

export interface JsonEditorHandle {
  text(): string;
  /** Selects the character there, and brings it into view. */
  goTo(offset: number): void;
  /** Replaces the text, in a way that the field's undo takes back. */
  change(how: (text: string) => string): void;
}

interface JsonEditorProps {
  readonly handle: RefObject<JsonEditorHandle>;
  readonly label: string;
  readonly initial: string;
  readonly mistake: JsonMistake | undefined;
  readonly onCheck: (mistake: JsonMistake | undefined) => void;
  readonly onChange: (text: string) => void;
}

/** The text is checked when typing has paused for so long. */
const checkMs = 200;

/** As editor.css has it. */
const lineHeight = 20;

/** The field keeps its own text: a long one would be too slow to pass around. Tab leaves it, as everywhere on the page. */
export function JsonEditor({ handle, initial, label, mistake, onChange, onCheck }: JsonEditorProps): VNode {
  const field = useRef<HTMLTextAreaElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const [lines, setLines] = useState(() => countLines(initial));
  const [length, setLength] = useState(initial.length);
  const timer = useRef<ReturnType<typeof setTimeout>>();

  const changed = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const text = field.current?.value ?? '';
      setLines(countLines(text));
      setLength(text.length);
      onChange(text);
      onCheck(jsonMistake(text));
    }, checkMs);
  };
  useEffect(() => {
    const area = field.current;
    if (!area) return;
    area.value = initial;
    area.setSelectionRange(0, 0);
    area.focus();
    onCheck(jsonMistake(initial));
    const sizes = new ResizeObserver(() => setView({ top: area.scrollTop, height: area.clientHeight }));
    sizes.observe(area);
    return () => {
      sizes.disconnect();
      clearTimeout(timer.current);
    };
    // The text is given once; from then on it is the field's.
  }, []);
  useEffect(() => {
    handle.current = {
      text: () => field.current?.value ?? '',
      goTo: (offset) => {
        if (field.current) goTo(field.current, offset);
      },
      change: (how) => {
        if (!field.current) return;
        replaceAll(field.current, how(field.current.value));
        changed();
      },
    };
  });
  return (
    <div class="json-editor">
      <div class="editor-body">
        <div class="gutter" aria-hidden="true">
          <LineNumbers top={view.top} height={view.height} count={lines} wrong={mistake?.line} />
        </div>
        <textarea
          ref={field}
          aria-label={label}
          aria-invalid={mistake !== undefined}
          aria-describedby="editor-mistake"
          wrap="off"
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          onInput={changed}
          onScroll={(event) =>
            setView({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })
          }
        />
      </div>
      <p class={mistake ? 'editor-state bad' : 'editor-state'}>
        <span id="editor-mistake" role="status">
          {mistake
            ? `Line ${mistake.line}, column ${mistake.column}: ${mistake.message}.`
            : `Valid JSON, ${plural(lines, 'line')}, ${byteSize(length)}`}
        </span>
        {mistake ? (
          <button
            type="button"
            class="button"
            onClick={() => field.current && goTo(field.current, mistake.offset)}
          >
            Go to the mistake
          </button>
        ) : null}
      </p>
    </div>
  );
}

/** Only those in view: a long text has hundreds of thousands. */
function LineNumbers({
  count,
  height,
  top,
  wrong,
}: {
  count: number;
  height: number;
  top: number;
  wrong: number | undefined;
}): VNode {
  const first = Math.max(0, Math.floor(top / lineHeight) - 2);
  const shown = Math.min(count - first, Math.ceil(height / lineHeight) + 5);
  return (
    <div class="line-numbers" style={{ transform: `translateY(${first * lineHeight - top}px)` }}>
      {Array.from({ length: Math.max(0, shown) }, (_, index) => {
        const line = first + index + 1;
        return (
          <span key={line} class={line === wrong ? 'line-number wrong' : 'line-number'}>
            {line}
          </span>
        );
      })}
    </div>
  );
}

function goTo(area: HTMLTextAreaElement, offset: number): void {
  area.focus();
  area.setSelectionRange(offset, Math.min(area.value.length, offset + 1));
  const line = countLines(area.value.slice(0, offset)) - 1;
  area.scrollTop = Math.max(0, line * lineHeight - area.clientHeight / 3);
}

function replaceAll(area: HTMLTextAreaElement, text: string): void {
  area.focus();
  if (area.value === text) return;
  area.select();
  // Deprecated, but the only way that keeps the undo history; where it fails, the text is set.
  const isInserted = text.length < 200_000 && document.execCommand('insertText', false, text);
  if (!isInserted) area.value = text;
  area.setSelectionRange(0, 0);
  area.scrollTop = 0;
}

function countLines(text: string): number {
  let lines = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
