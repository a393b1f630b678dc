// The inspector's API, version 1 (docs/inspector-api.md): what is recorded, read by the page and by other tools.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../protocol/clock.ts';
import { type ExportOptions, exportForms } from '../recordings/export-form.ts';
import { exportText } from '../recordings/export-texts.ts';
import type { InvocationDetail, Recordings } from '../recordings/recording.ts';
import type { Caller } from './admission.ts';
import { type Answer, failure, json } from './answers.ts';
import type { EventStreams } from './event-streams.ts';
import { keyPattern, listQuery } from './list-query.ts';
import type { ReplayRequests } from './replay-request.ts';
import { readBody } from './request-body.ts';
import type { ServeSnapshot } from './serve-snapshot.ts';

export const apiPath = '/api/v1/';

interface ApiOptions {
  readonly recordings: Recordings;
  readonly state: () => ServeSnapshot;
  readonly streams: EventStreams;
  readonly replays: ReplayRequests;
  readonly exportOptions: ((functionName: string) => ExportOptions) | undefined;
  /** The answer of a replay as it was; the recorded one has its secrets masked. */
  readonly originalResult: ((key: string) => Uint8Array | undefined) | undefined;
  /** A new one-time link. */
  readonly newLink: () => string;
  readonly clock: Clock;
}

export interface ApiRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Below {@link apiPath}. */
  readonly path: string;
  readonly parameters: URLSearchParams;
  readonly caller: Caller;
}

/** Of a browser or a program that may ask. */
export class Api {
  readonly #options: ApiOptions;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  /** Undefined if the answer is a stream, which has begun. */
  async answer(asked: ApiRequest): Promise<Answer | undefined> {
    const { parameters, path, request, response } = asked;
    const { state, streams } = this.#options;
    const [first = '', key = '', part = '', ...rest] = path.split('/');
    if (first === 'replays' || first === 'links') {
      if (path !== first) return unknownPath();
      if (request.method !== 'POST') return wrongMethod('POST');
      return first === 'replays' ? this.#replay(request) : this.#link(asked);
    }
    if (first === 'invocations') {
      if (request.method !== 'GET' && request.method !== 'HEAD') return wrongMethod('GET, HEAD');
      if (path === first) return this.#list(parameters);
      return rest.length === 0 && keyPattern.test(key) ? this.#recorded(key, part, asked) : unknownPath();
    }
    if (path !== 'state' && path !== 'events') return unknownPath();
    if (request.method !== 'GET') return wrongMethod('GET');
    if (path === 'state') return json(200, state());
    if (streams.isFull) return failure('busy', 'too many event streams are open');
    const lastId = request.headers['last-event-id'];
    streams.follow(response, typeof lastId === 'string' ? lastId : undefined, ['state', state()]);
    return undefined;
  }

  async #list(parameters: URLSearchParams): Promise<Answer> {
    const query = listQuery(parameters);
    if ('mistake' in query) return failure('invalid', query.mistake);
    // One more shows whether there are more.
    const rows = await this.#options.recordings.list({ ...query, limit: query.limit + 1 });
    const items = rows.slice(0, query.limit);
    const last = items.at(-1);
    const hasMore = rows.length > query.limit && last !== undefined;
    return json(200, { items, ...(hasMore ? { next: last.key } : {}) });
  }

  async #recorded(key: string, part: string, asked: ApiRequest): Promise<Answer> {
    const { parameters } = asked;
    if (part === 'result' && parameters.get('masked') === 'false') return this.#original(asked, key);
    if (part === 'event' || part === 'result') return this.#body(key, part);
    if (part !== '' && part !== 'export') return unknownPath();
    const detail = await this.#options.recordings.get(key);
    if (detail === undefined) return noRecording(key);
    return part === '' ? json(200, detail) : this.#export(detail, parameters.get('as'));
  }

  async #body(key: string, part: 'event' | 'result'): Promise<Answer> {
    const body = await this.#options.recordings.body(key, part);
    if (body === undefined) return noRecording(key);
    const { isText, type } = shownType(body.contentType);
    return {
      status: 200,
      headers: {
        'Content-Type': type,
        'Content-Disposition': `attachment; filename="${key}-${part}.${isText ? 'txt' : type.includes('json') ? 'json' : 'bin'}"`,
        ...(body.isCut ? { 'X-Cut': 'true' } : {}),
      },
      body: body.bytes,
    };
  }

  /** As the code gave it, where that is still known; as it is recorded otherwise. */
  async #original({ caller }: ApiRequest, key: string): Promise<Answer> {
    if (caller !== 'program') return failure('forbidden', 'a page gets answers as they are recorded');
    const recorded = await this.#body(key, 'result');
    const body = this.#options.originalResult?.(key);
    if (body === undefined || recorded.status !== 200) return recorded;
    const { 'X-Cut': _cut, ...headers } = recorded.headers ?? {};
    return { ...recorded, headers, body };
  }

  async #export(detail: InvocationDetail, as: string | null): Promise<Answer> {
    const { exportOptions, recordings } = this.#options;
    const form = exportForms.find((each) => each === as);
    if (form === undefined) return failure('invalid', `as must be one of ${exportForms.join(', ')}`);
    const event = await recordings.body(detail.key, 'event');
    if (event === undefined) return noRecording(detail.key);
    const result = (await recordings.body(detail.key, 'result'))?.bytes;
    const exported = exportText(detail, event.bytes, form, { result, ...exportOptions?.(detail.function) });
    if (!exported.ok) return failure('invalid', `it cannot be exported: ${exported.reason}`);
    // Of letters, digits, _, - and . only.
    const file = exported.fileName;
    return {
      status: 200,
      headers: {
        'Content-Type': 'text/plain; charset=utf-8',
        'Content-Disposition': `attachment; filename="${file}"`,
      },
      body: exported.text,
    };
  }

  async #replay(request: IncomingMessage): Promise<Answer> {
    const { clock, replays } = this.#options;
    const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1);
    // A form of another site can send no such type.
    if (type.trim().toLowerCase() !== 'application/json')
      return failure('media_type', 'Content-Type must be application/json');
    const body = await readBody(request, clock);
    if (body === 'too_large') return failure('too_large', 'the body is over 16 MB');
    if (body === 'timeout') return failure('timeout', 'the body did not arrive in time');
    return replays.answer(body);
  }

  #link({ caller }: ApiRequest): Answer {
    if (caller !== 'program') return failure('forbidden', 'a page cannot ask for links');
    return json(201, { url: this.#options.newLink() });
  }
}

/**
 * What a recorded type is sent as: nothing that a browser would show as a document, and no text from elsewhere in a header.
 */
function shownType(recorded: string): { readonly type: string; readonly isText: boolean } {
  const [essence = ''] = recorded.toLowerCase().split(';', 1);
  const name = essence.trim();
  if (name === 'application/json' || /^application\/[a-z0-9.-]{1,60}\+json$/.test(name))
    return { type: 'application/json; charset=utf-8', isText: false };
  if (name.startsWith('text/')) return { type: 'text/plain; charset=utf-8', isText: true };
  return { type: 'application/octet-stream', isText: false };
}

function noRecording(key: string): Answer {
  return failure('not_found', `there is no recording ${key}`);
}

function unknownPath(): Answer {
  return failure('not_found', 'the API has no such path; see docs/inspector-api.md');
}

function wrongMethod(allowed: string): Answer {
  return failure('method_not_allowed', `use ${allowed}`, { Allow: allowed });
}
