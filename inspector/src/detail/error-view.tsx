// Inspector page: an error with its stack, whose places open the editor, and its causes.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { InvocationDetail } from '../../../cli/src/recordings/recording.ts';
import { useModel } from '../state/page-model.ts';
import { useStore } from '../state/store.ts';
import { CopyButton } from '../text/copy-button.tsx';
import { CutText } from '../text/cut-text.tsx';
import { plural } from '../text/quantities.ts';
import { VisibleText } from '../text/visible-text.tsx';
import { editorLink, type StackLine, stackLines } from './stack-frame.ts';

type Failure = NonNullable<InvocationDetail['error']>;
type Cause = NonNullable<Failure['causes']>[number];

const relations = { cause: 'Caused by', context: 'While handling', part: 'One of its errors' };

export function ErrorView({ error }: { error: Failure }): VNode {
  return (
    <div class="error-view">
      <OneError error={error} />
      {error.causes?.map((cause, index) => (
        <OneError key={index} error={cause} relation={relations[cause.relation]} />
      ))}
    </div>
  );
}

function OneError({ error, relation }: { error: Failure | Cause; relation?: string }): VNode {
  const model = useModel();
  const root = useStore(model.live.snapshot, (snapshot) => snapshot?.root) ?? '';
  const lines = withoutMessage(stackLines(error.stack ?? [], root), error);
  return (
    <section class="failure">
      <h3>
        {relation && <span class="relation">{relation} </span>}
        <VisibleText text={error.name} />
        <CopyButton what="error" text={() => textOf(error)} />
      </h3>
      <div class="error-message">
        <CutText text={error.message} most={2000} title="Error message" />
      </div>
      {lines.length > 0 && <Stack lines={lines} root={root} />}
    </section>
  );
}

function Stack({ lines, root }: { lines: readonly StackLine[]; root: string }): VNode {
  const [isWhole, setIsWhole] = useState(false);
  const own = lines.filter(({ isForeign }) => !isForeign);
  const hidden = isWhole || own.length === 0 ? 0 : lines.length - own.length;
  return (
    <>
      <ol class="stack">
        {(hidden > 0 ? own : lines).map((line, index) => (
          <li key={index} class={line.isForeign ? 'foreign' : undefined}>
            <Frame line={line} root={root} />
          </li>
        ))}
      </ol>
      {hidden > 0 && (
        <button type="button" class="link" onClick={() => setIsWhole(true)}>
          Show {plural(hidden, 'frame')} of the runtime and packages
        </button>
      )}
    </>
  );
}

function Frame({ line, root }: { line: StackLine; root: string }): VNode {
  const model = useModel();
  const editor = useStore(model.live.snapshot, (snapshot) => snapshot?.editor);
  const href = line.place && editorLink(editor, line.place, root);
  return (
    <code>
      <VisibleText text={line.before} />
      {href ? (
        <a href={href} title={`Open in ${editor?.name}`}>
          <VisibleText text={line.shown} />
        </a>
      ) : (
        <span class="place">
          <VisibleText text={line.shown} />
        </span>
      )}
      <VisibleText text={line.after} />
    </code>
  );
}

/** Node's stack begins with the error's name and message, which are above it already. */
function withoutMessage(lines: readonly StackLine[], error: { message: string }): readonly StackLine[] {
  const first = lines.findIndex(({ shown }) => shown !== '');
  const head = lines.slice(0, Math.max(0, first));
  const text = head.map(({ before }) => before).join('\n');
  return first > 0 && text.includes(error.message.split('\n')[0] ?? '') ? lines.slice(first) : lines;
}

function textOf(error: Failure | Cause): string {
  return [`${error.name}: ${error.message}`, ...(error.stack ?? [])].join('\n');
}
