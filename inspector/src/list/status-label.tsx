// Inspector page: an invocation's status as a sign and a word.
import type { VNode } from 'preact';
import type { InvocationSummary } from '../../../cli/src/recordings/recording.ts';

type Row = Pick<InvocationSummary, 'status' | 'http_status'>;

/** `isShort`: without the HTTP status of an error. */
export function StatusLabel({ row, isShort }: { row: Row; isShort?: boolean }): VNode {
  const tone = statusTone(row);
  return (
    <span class={`status ${tone}`}>
      <svg class="status-sign" viewBox="0 0 12 12" aria-hidden="true">
        {tone === 'bad' ? (
          <path d="m3 3 6 6m0-6-6 6" />
        ) : tone === 'warn' ? (
          <path d="M6 2v5m0 2v1" />
        ) : (
          <circle cx="6" cy="6" r="3.5" />
        )}
      </svg>
      {statusWord(row, isShort ?? false)}
    </span>
  );
}

/** A 4xx is an answer that the code meant to give; a 5xx is not. */
export function statusTone({ status, http_status }: Row): 'running' | 'good' | 'warn' | 'bad' {
  if (status === 'running') return 'running';
  if (status === 'error' || (http_status ?? 0) >= 500) return 'bad';
  return (http_status ?? 0) >= 400 ? 'warn' : 'good';
}

function statusWord({ status, http_status }: Row, isShort: boolean): string {
  if (status === 'running') return 'running';
  if (status === 'error') return http_status === undefined || isShort ? 'error' : `error ${http_status}`;
  return http_status === undefined ? 'ok' : String(http_status);
}
