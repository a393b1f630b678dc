// The inspector's API: a recorded event, run again.
import * as v from 'valibot';
import type { Clock } from '../../../protocol/clock.ts';
import { parseJson, parseJsonAs } from '../../../protocol/json.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { within } from '../../../protocol/within.ts';
import type { InvocationSummary, Recordings } from '../recordings/recording.ts';
import { type Answer, failure, json } from './answers.ts';
import { keyPattern } from './list-query.ts';

/** What runs an event again, and resolves when it has ended. */
export type Replay = (request: {
  readonly function: string;
  readonly event: Uint8Array;
  /** Key of the recording. */
  readonly of: string;
  readonly edited: boolean;
}) => Promise<{ readonly key: string; readonly summary: InvocationSummary }>;

interface ReplayPlace {
  readonly recordings: Recordings;
  /** The event as it was, where it is still known; the recorded one has its secrets masked. */
  readonly original?: ((key: string) => Uint8Array | undefined) | undefined;
  readonly replay: Replay | undefined;
  readonly isServed: (name: string) => boolean;
  readonly clock: Clock;
}

/** An answer is given at the latest after this time, in milliseconds; the replay goes on. */
export const replayAnswerMs = 25_000;

/** Replays at a time. */
const mostReplays = 16;

const requestSchema = v.strictObject({
  of: v.pipe(v.string(), v.regex(keyPattern)),
  /** JSON text to run instead of the recorded event. */
  event: v.optional(v.string()),
});

export class ReplayRequests {
  readonly #place: ReplayPlace;
  #running = 0;

  constructor(place: ReplayPlace) {
    this.#place = place;
  }

  async answer(body: Uint8Array): Promise<Answer> {
    const { clock, isServed, recordings, replay } = this.#place;
    if (replay === undefined)
      return failure('not_available', 'this livectl runs no code, so it cannot replay');
    const request = parseJsonAs(requestSchema, body);
    if (request === undefined)
      return failure('invalid', 'the body must be {"of": KEY} or {"of": KEY, "event": JSON TEXT}');
    const { event: edited, of } = request;
    const recorded = await recordings.get(of);
    if (recorded === undefined) return failure('not_found', `there is no recording ${of}`);
    const name = recorded.function;
    if (!isServed(name)) return failure('conflict', `function ${name} is not served here`);
    const event = edited === undefined ? await this.#event(of) : this.#edited(edited);
    if (!(event instanceof Uint8Array)) return event;
    if (this.#running >= mostReplays) return failure('busy', `${mostReplays} replays are running already`);
    this.#running += 1;
    const ended = replay({ function: name, event, of, edited: edited !== undefined }).finally(() => {
      this.#running -= 1;
    });
    ended.catch(() => undefined);
    try {
      const done = await within(clock, replayAnswerMs, ended, { background: true });
      if (done !== undefined) return json(201, done.summary);
    } catch (error) {
      return failure('conflict', messageOf(error));
    }
    const rows = await recordings.list({ function: name, status: 'running', limit: 100 });
    const row = rows.find((each) => each.replay_of === of);
    return row === undefined ? failure('timeout', 'the replay has not begun') : json(202, row);
  }

  async #event(key: string): Promise<Uint8Array | Answer> {
    const original = this.#place.original?.(key);
    if (original !== undefined) return original;
    const kept = await this.#place.recordings.body(key, 'event');
    if (kept === undefined) return failure('not_found', `the event of ${key} is not kept`);
    if (kept.isCut) return failure('invalid', `only the start of the event of ${key} is kept`);
    return kept.bytes;
  }

  #edited(text: string): Uint8Array | Answer {
    if (parseJson(text) === undefined) return failure('invalid', 'event must be a JSON text');
    return Buffer.from(text);
  }
}
