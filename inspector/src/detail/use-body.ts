// Inspector page: a body of an invocation, fetched when it is shown and dropped when it is not.
import { useEffect, useState } from 'preact/hooks';
import type { BodyPart, FetchedBody } from '../api/client.ts';
import { useModel } from '../state/page-model.ts';

export interface LoadedBody {
  readonly body?: FetchedBody;
  readonly problem?: string;
}

/** `version`: another one is fetched again. */
export function useBody(key: string, part: BodyPart, version: unknown): LoadedBody {
  const { client } = useModel();
  const [loaded, setLoaded] = useState<LoadedBody & { key?: string }>({});
  useEffect(() => {
    const abort = new AbortController();
    client.body(key, part, abort.signal).then(
      (body) => setLoaded({ key, body }),
      (error: unknown) => {
        if (!abort.signal.aborted)
          setLoaded({ key, problem: error instanceof Error ? error.message : String(error) });
      },
    );
    return () => abort.abort();
  }, [client, key, part, version]);
  return loaded.key === key ? loaded : {};
}
