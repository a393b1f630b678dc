// The inspector's server: server-sent events to those who follow, with a resume after a lost connection.
import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../../../protocol/clock.ts';
import { jsonLine } from '../control/json-line.ts';
import { securityHeaders } from './answers.ts';

/** Followers at a time. */
export const mostStreams = 8;

/** Messages that are kept for those who come back, and their bytes. */
export const keptMessages = 1000;
const keptBytes = 16 * 1024 * 1024;

/** A follower with more unread bytes than this is disconnected. */
const mostUnsentBytes = 8 * 1024 * 1024;

/** How long messages are still kept when nobody follows, in milliseconds: a page that is loaded again is back at once. */
export const patienceMs = 60_000;

/** How often followers get a line that says nothing, so that both ends notice a lost connection, in milliseconds. */
export const beatMs = 15_000;

interface Kept {
  readonly number: number;
  readonly text: string;
}

export class EventStreams {
  readonly #run: string;
  readonly #clock: Clock;
  readonly #followers = new Set<ServerResponse>();
  readonly #kept: Kept[] = [];
  #keptBytes = 0;
  #last = 0;
  #beat: Timer | undefined;
  #patience: Timer | undefined;
  /** Somebody follows, or did a short time ago: messages without a reader cost nothing. */
  #isFollowed = false;

  /** `run` distinguishes the ids of this run from those of another. */
  constructor(run: string, clock: Clock) {
    this.#run = run;
    this.#clock = clock;
  }

  get isFull(): boolean {
    return this.#followers.size >= mostStreams;
  }

  /** To every follower. */
  publish(name: string, data: object): void {
    this.#last += 1;
    if (!this.#isFollowed) return;
    const text = this.#message(name, data);
    this.#keep({ number: this.#last, text });
    for (const follower of this.#followers) {
      if (follower.writableLength > mostUnsentBytes) {
        this.#followers.delete(follower);
        follower.destroy();
      } else follower.write(text);
    }
  }

  /**
   * Sends what came after `lastId`; if that is unknown, `reset`, after which the follower should read everything again. Then
   * `greeting`, and whatever comes.
   */
  follow(response: ServerResponse, lastId: string | undefined, greeting: readonly [string, object]): void {
    response.writeHead(200, {
      ...securityHeaders,
      'Content-Type': 'text/event-stream; charset=utf-8',
      // An end of the stream ends its connection, so that a stop waits for no idle one.
      Connection: 'close',
    });
    response.flushHeaders();
    const missed = this.#after(lastId);
    if (missed === undefined) response.write(this.#message('reset', { run: this.#run }));
    for (const { text } of missed ?? []) response.write(text);
    response.write(this.#message(...greeting));
    this.#isFollowed = true;
    this.#patience?.cancel();
    this.#followers.add(response);
    response.once('close', () => {
      this.#followers.delete(response);
      if (this.#followers.size === 0) this.#left();
    });
    if (this.#followers.size === 1) this.#scheduleBeat();
  }

  /** Ends every stream; what was published before is still sent. */
  end(): void {
    this.#beat?.cancel();
    this.#patience?.cancel();
    for (const follower of this.#followers) follower.end();
  }

  #left(): void {
    this.#beat?.cancel();
    this.#patience?.cancel();
    this.#patience = this.#clock.after(
      patienceMs,
      () => {
        this.#isFollowed = false;
        this.#kept.length = 0;
        this.#keptBytes = 0;
      },
      { background: true },
    );
  }

  #message(name: string, data: object): string {
    return `id: ${this.#run}-${this.#last}\nevent: ${name}\ndata: ${jsonLine(data)}\n\n`;
  }

  #keep(message: Kept): void {
    this.#kept.push(message);
    this.#keptBytes += message.text.length;
    while (this.#kept.length > keptMessages || this.#keptBytes > keptBytes)
      this.#keptBytes -= this.#kept.shift()?.text.length ?? 0;
  }

  /** Undefined if not all of it is known. */
  #after(lastId: string | undefined): readonly Kept[] | undefined {
    const start = `${this.#run}-`;
    if (!lastId?.startsWith(start)) return undefined;
    const number = Number(lastId.slice(start.length));
    if (!Number.isSafeInteger(number) || number < 0 || number > this.#last) return undefined;
    const missing = this.#last - number;
    return missing > this.#kept.length ? undefined : this.#kept.slice(this.#kept.length - missing);
  }

  #scheduleBeat(): void {
    this.#beat?.cancel();
    this.#beat = this.#clock.after(
      beatMs,
      () => {
        for (const follower of this.#followers) follower.write(':\n\n');
        this.#scheduleBeat();
      },
      { background: true },
    );
  }
}
