// A running `serve` of this machine through its inspector's API, version 1 (docs/inspector-api.md): its recordings, and replays.
import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import { parseJson, parseJsonAs } from '../../../protocol/json.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import type { RunningServe } from '../control/serve-state.ts';
import type {
  InvocationDetail,
  InvocationSummary,
  RecordedBody,
  RecordingQuery,
  Recordings,
} from '../recordings/recording.ts';

/** How long one may take to answer, in milliseconds; a replay answers at the latest after 25 s. */
const answerBoundMs = 10_000;
const replayBoundMs = 40_000;

/** An event of 6 MB and its answer are far smaller. */
const mostBytes = 64 * 1024 * 1024;

/** One message of its event stream. */
export interface ServeMessage {
  readonly event: string;
  readonly data: unknown;
}

/** What is read of a row; the rest is passed on. */
const rowFields = {
  key: v.string(),
  id: v.string(),
  function: v.string(),
  trigger: v.string(),
  status: v.picklist(['running', 'ok', 'error']),
  at: v.string(),
  ms: v.number(),
};
const summarySchema: v.GenericSchema<unknown, InvocationSummary> = v.pipe(
  v.looseObject(rowFields),
  v.transform((row) => row as unknown as InvocationSummary),
);
const listSchema = v.object({ items: v.array(summarySchema) });
const detailSchema: v.GenericSchema<unknown, InvocationDetail> = v.pipe(
  v.looseObject({ ...rowFields, context: v.looseObject({}), lines: v.array(v.looseObject({})) }),
  v.transform((detail) => detail as unknown as InvocationDetail),
);
const buildFailureSchema = v.object({
  function: v.string(),
  text: v.string(),
  file: v.optional(v.string()),
  line: v.optional(v.number()),
});
export type BuildFailure = v.InferOutput<typeof buildFailureSchema>;
const stateSchema = v.object({ build_errors: v.optional(v.array(buildFailureSchema)) });

interface ApiAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Rejects with LD_INTERNAL where it cannot be reached any more. */
export class ServeApi implements Recordings {
  readonly #base: string;
  readonly #token: string;

  /** `serve` has an inspector. */
  constructor(serve: RunningServe & { readonly inspector: { readonly url: string } }) {
    this.#base = `${new URL(serve.inspector.url).origin}/api/v1/`;
    this.#token = serve.control.token;
  }

  async list(query: RecordingQuery): Promise<readonly InvocationSummary[]> {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) parameters.set(name, String(value));
    return parsed(listSchema, await this.#get(`invocations?${parameters}`)).items;
  }

  async get(key: string): Promise<InvocationDetail | undefined> {
    const answer = await this.#get(`invocations/${encodeURIComponent(key)}`, [404]);
    return answer.status === 404 ? undefined : parsed(detailSchema, answer);
  }

  async body(key: string, part: 'event' | 'result'): Promise<RecordedBody | undefined> {
    const answer = await this.#get(`invocations/${encodeURIComponent(key)}/${part}`, [404]);
    if (answer.status === 404) return undefined;
    return {
      bytes: answer.body,
      contentType: answer.headers['content-type'] ?? '',
      isCut: answer.headers['x-cut'] === 'true',
    };
  }

  /** As the code gave it, if the serve still knows that; a replay's own. */
  async originalResult(key: string): Promise<Uint8Array> {
    return (await this.#get(`invocations/${encodeURIComponent(key)}/result?masked=false`)).body;
  }

  /** Runs it again there, with another event if one is given; resolves once it has ended, or after 25 s. Rejects with its reason. */
  async replay(of: string, event: string | undefined): Promise<InvocationSummary> {
    const content = JSON.stringify(event === undefined ? { of } : { of, event });
    const answer = await this.#ask('POST', 'replays', replayBoundMs, content);
    if (answer.status !== 201 && answer.status !== 202) throw refused(answer);
    return parsed(summarySchema, answer);
  }

  /** The errors of its functions' latest builds. */
  async buildErrors(): Promise<readonly BuildFailure[]> {
    return parsed(stateSchema, await this.#get('state')).build_errors ?? [];
  }

  /** Calls back for each message from now on. Resolves once it follows, with what ends that and what resolves when it has ended. */
  async follow(
    listener: (message: ServeMessage) => void,
  ): Promise<{ readonly close: () => void; readonly ended: Promise<void> }> {
    const response = await this.#open('GET', 'events', answerBoundMs);
    if (response.statusCode !== 200) {
      response.destroy();
      throw unreachable(`it answered ${response.statusCode}`);
    }
    const lines = createInterface({ input: response });
    response.on('error', () => undefined);
    lines.on('error', () => undefined);
    let event = '';
    let data = '';
    lines.on('line', (line) => {
      if (line.startsWith('event: ')) event = line.slice('event: '.length);
      else if (line.startsWith('data: ')) data += line.slice('data: '.length);
      else if (line === '') {
        if (event !== '') listener({ event, data: parseJson(data) });
        event = '';
        data = '';
      }
    });
    return {
      close: () => response.destroy(),
      ended: new Promise((resolve) => response.once('close', resolve)),
    };
  }

  async #get(path: string, also: readonly number[] = []): Promise<ApiAnswer> {
    const answer = await this.#ask('GET', path, answerBoundMs);
    if (answer.status !== 200 && !also.includes(answer.status)) throw refused(answer);
    return answer;
  }

  async #ask(method: 'GET' | 'POST', path: string, boundMs: number, content?: string): Promise<ApiAnswer> {
    const response = await this.#open(method, path, boundMs, content);
    const chunks: Buffer[] = [];
    let length = 0;
    const timer = setTimeout(() => response.destroy(new Error('it did not answer in time')), boundMs);
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        length += chunk.length;
        if (length > mostBytes) throw new Error(`its answer is over ${mostBytes} bytes`);
        chunks.push(chunk);
      }
    } catch (error) {
      throw unreachable(messageOf(error));
    } finally {
      clearTimeout(timer);
      response.destroy();
    }
    return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
  }

  #open(method: 'GET' | 'POST', path: string, boundMs: number, content?: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${this.#token}`,
        ...(content === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) }),
      };
      // Its own connection, which ends with the answer.
      const sent = request(new URL(path, this.#base), { method, agent: false, headers }, (response) => {
        clearTimeout(timer);
        resolve(response);
      });
      const timer = setTimeout(() => sent.destroy(new Error('it did not answer in time')), boundMs);
      sent.on('error', (error) => {
        clearTimeout(timer);
        reject(unreachable(messageOf(error)));
      });
      sent.end(content);
    });
  }
}

function parsed<Output>(schema: v.GenericSchema<unknown, Output>, { body }: ApiAnswer): Output {
  const value = parseJsonAs(schema, body);
  if (value === undefined) throw unreachable('its answer has another form than this livectl knows');
  return value;
}

/** What it says of why it does not. */
function refused({ body, status }: ApiAnswer): LiveDebugError {
  const said = parseJson(body.toString());
  const message =
    typeof said === 'object' && said !== null && 'message' in said
      ? String(said.message)
      : `status ${status}`;
  return new LiveDebugError('LD_CONFIG', `the running livectl serve refused: ${message}`);
}

function unreachable(reason: string): LiveDebugError {
  return new LiveDebugError('LD_INTERNAL', `the running livectl serve cannot be reached: ${reason}`, {
    remedy: 'if it has ended, run the command again',
  });
}
