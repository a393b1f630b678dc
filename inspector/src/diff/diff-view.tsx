// Inspector page: the lines of a comparison in two columns; below each other on a narrow screen.
import type { ComponentChildren, VNode } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { useMedia } from '../list/use-media.ts';
import { plural } from '../text/quantities.ts';
import { VisibleText } from '../text/visible-text.tsx';
import type { Comparison } from './comparison.ts';
import { beside, type DiffCell, type DiffLine } from './diff-lines.ts';
import { sideBySide } from './side-by-side.ts';

interface DiffViewProps {
  readonly comparison: Comparison;
  /** Heads of the columns. */
  readonly left: ComponentChildren;
  readonly right: ComponentChildren;
}

/** Deeper lines are indented no further. */
const mostIndent = 20;

export function DiffView({ comparison, left, right }: DiffViewProps): VNode {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const body = useRef<HTMLTableSectionElement>(null);
  const { after, before, differences: found, isText } = comparison;
  const { differences, isCut, lines } = useMemo(
    () => sideBySide(before, after, found, open, isText),
    [before, after, found, open, isText],
  );
  // In one column a removed block stays above the added one.
  const isNarrow = useMedia('(max-width: 600px)');
  const shown = useMemo(() => (isNarrow ? lines : beside(lines)), [isNarrow, lines]);
  return (
    <div class="diff">
      <div class="diff-head">
        <strong role="status" class={differences === 0 ? 'equal' : 'differs'}>
          {differences === 0 ? 'They are equal' : plural(differences, 'difference')}
        </strong>
        {differences > 0 ? (
          <>
            <button type="button" class="button" onClick={() => step(body.current, -1)}>
              Previous
            </button>
            <button type="button" class="button" onClick={() => step(body.current, 1)}>
              Next
            </button>
          </>
        ) : null}
      </div>
      <table class="diff-table">
        <thead>
          <tr>
            <th scope="col">{left}</th>
            <th scope="col">{right}</th>
          </tr>
        </thead>
        <tbody ref={body}>
          {shown.map((line, index) => (
            <Line
              key={`${index} ${line.fold ?? ''}`}
              line={line}
              unfold={(fold) => setOpen((names) => new Set(names).add(fold))}
            />
          ))}
        </tbody>
      </table>
      {isCut ? <p class="hint">There are more lines than the page shows.</p> : null}
    </div>
  );
}

const kindWords = { same: '', added: 'added: ', removed: 'removed: ', changed: 'changed: ' };

function Line({ line, unfold }: { line: DiffLine; unfold: (fold: string) => void }): VNode {
  const { fold, kind, left, right } = line;
  if (fold !== undefined)
    return (
      <tr class="fold">
        <td colSpan={2}>
          <button type="button" style={indent(left?.depth ?? 0)} onClick={() => unfold(fold)}>
            <VisibleText text={left?.text ?? ''} />
          </button>
        </td>
      </tr>
    );
  return (
    <tr class={kind} tabIndex={kind === 'same' ? undefined : -1}>
      <Cell cell={left} kind={kind} side="left" />
      <Cell cell={right} kind={kind} side="right" />
    </tr>
  );
}

interface CellProps {
  readonly cell: DiffCell | undefined;
  readonly kind: DiffLine['kind'];
  readonly side: 'left' | 'right';
}

function Cell({ cell, kind, side }: CellProps): VNode {
  if (cell === undefined) return <td class={`${side} nothing`} />;
  const { depth, mark, text } = cell;
  return (
    <td class={side}>
      <code style={indent(depth)}>
        {kind === 'same' ? null : <span class="unseen">{kindWords[kind]}</span>}
        {mark === undefined ? (
          <VisibleText text={text} />
        ) : (
          <>
            <VisibleText text={text.slice(0, mark[0])} />
            <mark>
              <VisibleText text={text.slice(...mark)} />
            </mark>
            <VisibleText text={text.slice(mark[1])} />
          </>
        )}
      </code>
    </td>
  );
}

function indent(depth: number): { readonly paddingInlineStart: string } {
  return { paddingInlineStart: `${Math.min(depth, mostIndent) * 1.25}em` };
}

/** Moves the focus to the next group of lines that differ. */
function step(body: HTMLElement | null, by: 1 | -1): void {
  if (body === null) return;
  const rows = [...body.querySelectorAll<HTMLElement>('tr[tabindex]')];
  const starts = rows.filter((row) => !row.previousElementSibling?.hasAttribute('tabindex'));
  const current = starts.indexOf(document.activeElement as HTMLElement);
  const next = starts.at((current === -1 && by < 0 ? 0 : current + by + starts.length) % starts.length);
  next?.focus();
  next?.scrollIntoView({ block: 'center' });
}
