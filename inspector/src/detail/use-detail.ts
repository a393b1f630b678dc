// Inspector page: the detail of one invocation, kept up to date while it runs.
import { useEffect, useState } from 'preact/hooks';
import type { InvocationDetail, LogLine } from '../../../cli/src/recordings/recording.ts';
import { ApiError } from '../api/client.ts';
import { useModel } from '../state/page-model.ts';
import { useStore } from '../state/store.ts';

export interface LoadedDetail {
  readonly detail?: InvocationDetail;
  readonly problem?: string;
}

/** Keys held down pass many rows; only one that stays is asked for. */
const restMs = 60;

export function useDetail(key: string): LoadedDetail {
  const model = useModel();
  const [loaded, setLoaded] = useState<LoadedDetail & { key: string }>({ key });
  // Its row changes when it ends, or is replayed.
  const row = useStore(model.rows, () => model.rows.get(key));
  const run = useStore(model.live.snapshot, (snapshot) => snapshot?.run);
  const isLive = useStore(model.live.connection, ({ state }) => state === 'live');

  useEffect(() => {
    const abort = new AbortController();
    const load = async () => {
      try {
        const detail = await model.client.invocation(key, abort.signal);
        setLoaded({ key, detail });
      } catch (error) {
        if (abort.signal.aborted) return;
        const problem = problemOf(error);
        // What is shown stays while livectl is away.
        setLoaded((before) =>
          before.key === key && before.detail && isAway(error) ? before : { key, problem },
        );
      }
    };
    const timer = setTimeout(load, loaded.key === key ? 0 : restMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [model, key, row, run, isLive]);

  useEffect(
    () =>
      model.onEvent('line', (data) => {
        const { key: of, ...line } = data as LogLine & { key: string };
        if (of !== key) return;
        setLoaded((before) =>
          before.key === key && before.detail && !hasLine(before.detail.lines, line)
            ? { key, detail: { ...before.detail, lines: [...before.detail.lines, line] } }
            : before,
        );
      }),
    [model, key],
  );

  return loaded.key === key ? loaded : {};
}

/** The detail had it already when it was asked for; the message about it came after. */
function hasLine(lines: readonly LogLine[], line: LogLine): boolean {
  return lines
    .slice(-50)
    .some(({ at, level, message }) => at === line.at && level === line.level && message === line.message);
}

function isAway(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 401 || error.status === 403);
}

function problemOf(error: unknown): string {
  if (error instanceof ApiError && error.status === 404)
    return 'This invocation is no longer recorded: only the newest ones are kept.';
  return error instanceof Error ? error.message : String(error);
}
