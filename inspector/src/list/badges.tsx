// Inspector page: what is special about an invocation, in a word each.
import type { VNode } from 'preact';
import type { InvocationSummary } from '../../../cli/src/recordings/recording.ts';
import { visibleText } from '../text/visible.ts';

type Row = Pick<
  InvocationSummary,
  'observed' | 'answered_by' | 'replay_of' | 'edited' | 'attempt' | 'only' | 'masked'
>;

export function Badges({ row }: { row: Row }): VNode {
  return (
    <>
      {row.replay_of !== undefined && (
        <span class="badge accent" title={row.edited ? 'Run again with an edited event' : 'Run again'}>
          {row.edited ? 'replayed, edited' : 'replayed'}
        </span>
      )}
      {row.observed && (
        <span class="badge" title="The code in AWS answered; it did not run here">
          observed{row.answered_by === 'fallback' ? ', fallback' : ''}
        </span>
      )}
      {row.attempt !== undefined && row.attempt > 1 && (
        <span class="badge warn" title={`Delivery ${row.attempt} of its messages`}>
          attempt {row.attempt}
        </span>
      )}
      {row.only !== undefined && (
        <span class="badge" title={`Matched --only ${visibleText(row.only.slice(0, 300))}`}>
          only
        </span>
      )}
    </>
  );
}
