// Inspector page: one row of the list.
import { Component, type VNode } from 'preact';
import type { InvocationSummary } from '../../../cli/src/recordings/recording.ts';
import { clockTime, dayUnlessToday, duration } from '../text/quantities.ts';
import { VisibleText } from '../text/visible-text.tsx';
import { Badges } from './badges.tsx';
import { StatusLabel } from './status-label.tsx';

interface RowProps {
  readonly row: InvocationSummary;
  readonly index: number;
  readonly isSelected: boolean;
  readonly isCursor: boolean;
  readonly open: (key: string) => void;
}

/** Drawn again only if something of it changed: while a list is scrolled, most of its rows stay. */
export class InvocationRow extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const { row, index, isSelected, isCursor } = this.props;
    return (
      row !== next.row || index !== next.index || isSelected !== next.isSelected || isCursor !== next.isCursor
    );
  }

  render({ row, index, isSelected, isCursor, open }: RowProps): VNode {
    const classes = ['row', row.status, isSelected && 'selected', isCursor && 'cursor'];
    return (
      <div
        id={rowId(row.key)}
        class={classes.filter(Boolean).join(' ')}
        role="row"
        // The head is the first one.
        aria-rowindex={index + 2}
        aria-selected={isSelected}
        onClick={() => open(row.key)}
        onKeyDown={undefined}
      >
        <Cell name="time">
          <time dateTime={row.at} title={row.at}>
            <span class="day">{dayUnlessToday(row.at, Date.now())} </span>
            {clockTime(row.at)}
          </time>
        </Cell>
        <Cell name="status">
          <StatusLabel row={row} isShort />
        </Cell>
        <Cell name="function">
          <VisibleText text={row.function} />
        </Cell>
        <Cell name="trigger">
          <span class="trigger-text">
            <VisibleText text={row.trigger.slice(0, 300)} />
          </span>
          {row.error && (
            <span class="row-error">
              <VisibleText text={`${row.error.name}: ${row.error.message}`.slice(0, 200)} />
            </span>
          )}
          <span class="badges">
            <Badges row={row} />
          </span>
        </Cell>
        <Cell name="start">{startOf(row)}</Cell>
        <Cell name="duration">{row.status === 'running' ? '' : duration(row.ms)}</Cell>
      </div>
    );
  }
}

export function rowId(key: string): string {
  return `row-${key}`;
}

function Cell({ name, children }: { name: string; children: preact.ComponentChildren }): VNode {
  return (
    <div class={`cell ${name}`} role="gridcell">
      {children}
    </div>
  );
}

/** Unknown of one that did not run here. */
function startOf(row: InvocationSummary): VNode | undefined {
  if (row.observed || row.status === 'running') return undefined;
  return row.init_ms === undefined ? (
    <span class="quiet">warm</span>
  ) : (
    <span title={`A worker was started in ${duration(row.init_ms)}`}>cold</span>
  );
}
