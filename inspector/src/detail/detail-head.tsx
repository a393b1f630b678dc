// Inspector page: an invocation at a glance.
import type { ComponentChildren, VNode } from 'preact';
import type { InvocationDetail, InvocationSummary } from '../../../cli/src/recordings/recording.ts';
import { Badges } from '../list/badges.tsx';
import { StatusLabel } from '../list/status-label.tsx';
import { useModel } from '../state/page-model.ts';
import { useStore } from '../state/store.ts';
import { CopyButton } from '../text/copy-button.tsx';
import { clockTime, dayUnlessToday, duration, plural } from '../text/quantities.ts';
import { VisibleText } from '../text/visible-text.tsx';
import { editorLink } from './stack-frame.ts';

export function DetailHead({
  summary,
  detail,
}: {
  summary: InvocationSummary;
  detail: InvocationDetail | undefined;
}): VNode {
  return (
    <header class="detail-head">
      <h2>
        <VisibleText text={summary.trigger.slice(0, 500)} />
      </h2>
      <p class="detail-line">
        <StatusLabel row={summary} />
        <FunctionName name={summary.function} />
        {summary.status !== 'running' && <span class="figure">{duration(summary.ms)}</span>}
        <time dateTime={summary.at} title={summary.at}>
          {dayUnlessToday(summary.at, Date.now())} {clockTime(summary.at)}
        </time>
        <Badges row={summary} />
      </p>
      <dl class="facts">
        <Fact name="Request id">
          <code>
            <VisibleText text={summary.id} />
          </code>
          <CopyButton what="request id" text={() => summary.id} />
        </Fact>
        {summary.code && (
          <Fact name="Code">
            build {summary.code.build}
            {summary.code.hash && <code> {summary.code.hash.slice(0, 12)}</code>}
          </Fact>
        )}
        {summary.code_ms !== undefined && <Fact name="Code time">{duration(summary.code_ms)}</Fact>}
        {summary.init_ms !== undefined && <Fact name="Cold start">{duration(summary.init_ms)}</Fact>}
        {summary.wait_ms !== undefined && <Fact name="Waited for a worker">{duration(summary.wait_ms)}</Fact>}
        {summary.masked !== undefined && summary.masked > 0 && (
          <Fact name="Masked">{plural(summary.masked, 'value')}</Fact>
        )}
        {summary.replay_of !== undefined && <ReplayOf of={summary.replay_of} />}
        {detail?.context.trace_id && (
          <Fact name="Trace">
            <code>
              <VisibleText text={detail.context.trace_id.slice(0, 200)} />
            </code>
          </Fact>
        )}
      </dl>
    </header>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function ReplayOf({ of }: { of: string }): VNode {
  const model = useModel();
  return (
    <Fact name="Replay of">
      <button type="button" class="link" onClick={() => model.open(of)}>
        <VisibleText text={of} />
      </button>
    </Fact>
  );
}

/** A link to its source file, where that is known. */
function FunctionName({ name }: { name: string }): VNode {
  const model = useModel();
  const snapshot = useStore(model.live.snapshot);
  const file = snapshot?.functions.find((one) => one.name === name)?.file;
  const link = snapshot && file ? editorLink(snapshot.editor, { file, line: 1 }, snapshot.root) : undefined;
  return link && file ? (
    <a class="function-name" href={link} title={`Open ${file} in ${snapshot?.editor?.name}`}>
      <VisibleText text={name} />
    </a>
  ) : (
    <span class="function-name">
      <VisibleText text={name} />
    </span>
  );
}
