// Inspector page: requests to its API (docs/inspector-api.md). The cookie is the browser's business.
import type {
  InvocationDetail,
  InvocationSummary,
  RecordingQuery,
} from '../../../cli/src/recordings/recording.ts';
import type { ServeSnapshot } from './serve-snapshot.ts';

/** The API refused or failed; `status` 0: it was not reached. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface InvocationPage {
  readonly items: readonly InvocationSummary[];
  /** Pass as `before` to get the next page. */
  readonly next?: string;
}

export type BodyPart = 'event' | 'result';

export interface FetchedBody {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  /** Only the start of it was kept. */
  readonly isCut: boolean;
}

export type ExportFormat = 'event' | 'curl' | 'invoke' | 'vitest' | 'pytest';

/** Longest that a request may take; a replay is answered within 25 s. */
const requestMs = 40_000;

type RequestOptions = Omit<RequestInit, 'signal'> & { signal: AbortSignal | undefined };

export class ApiClient {
  readonly #fetch: typeof fetch;

  constructor(fetcher: typeof fetch = (input, init) => fetch(input, init)) {
    this.#fetch = fetcher;
  }

  async state(signal?: AbortSignal): Promise<ServeSnapshot> {
    return this.#json('state', { signal });
  }

  async invocations(query: RecordingQuery, signal?: AbortSignal): Promise<InvocationPage> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
    const parameters = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
    return this.#json(`invocations?${parameters}`, { signal });
  }

  async invocation(key: string, signal?: AbortSignal): Promise<InvocationDetail> {
    return this.#json(`invocations/${encodeURIComponent(key)}`, { signal });
  }

  async body(key: string, part: BodyPart, signal?: AbortSignal): Promise<FetchedBody> {
    const response = await this.#request(`invocations/${encodeURIComponent(key)}/${part}`, { signal });
    return {
      bytes: new Uint8Array(await response.arrayBuffer()),
      contentType: response.headers.get('content-type') ?? 'application/octet-stream',
      isCut: response.headers.get('x-cut') === 'true',
    };
  }

  async export(key: string, as: ExportFormat, signal?: AbortSignal): Promise<string> {
    const path = `invocations/${encodeURIComponent(key)}/export?as=${as}`;
    return (await this.#request(path, { signal })).text();
  }

  /** `event`: JSON text to run instead of the recorded event. Its status is `running` if it takes over 25 s. */
  async replay(replay: { of: string; event?: string }, signal?: AbortSignal): Promise<InvocationSummary> {
    return this.#json('replays', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(replay),
      signal,
    });
  }

  /** The stream of messages; ends only by `signal` or the server. */
  async events(lastId: string | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (lastId !== undefined) headers['last-event-id'] = lastId;
    const response = await this.#send('events', { headers, signal });
    if (!response.body) throw new ApiError(response.status, 'LD_NO_BODY', 'The event stream has no body.');
    return response.body;
  }

  async #json<T>(path: string, init: RequestOptions): Promise<T> {
    const response = await this.#request(path, init);
    return (await response.json()) as T;
  }

  async #request(path: string, init: RequestOptions): Promise<Response> {
    const limit = AbortSignal.timeout(requestMs);
    return this.#send(path, { ...init, signal: init.signal ? AbortSignal.any([limit, init.signal]) : limit });
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await this.#fetch(`/api/v1/${path}`, {
        credentials: 'same-origin',
        cache: 'no-store',
        ...init,
      });
    } catch (error) {
      if (init.signal?.aborted && init.signal.reason?.name === 'AbortError') throw error;
      throw new ApiError(0, 'LD_NOT_REACHED', 'livectl does not answer.');
    }
    if (response.ok) return response;
    const { code, message } = await refusal(response);
    throw new ApiError(response.status, code, message);
  }
}

async function refusal(response: Response): Promise<{ code: string; message: string }> {
  const plain = { code: 'LD_HTTP', message: `The request failed with HTTP status ${response.status}.` };
  try {
    const { code, message } = (await response.json()) as { code?: unknown; message?: unknown };
    return {
      code: typeof code === 'string' ? code : plain.code,
      message: typeof message === 'string' ? message : plain.message,
    };
  } catch {
    return plain;
  }
}
