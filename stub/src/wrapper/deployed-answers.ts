// [1] What the deployed code answers, as it passes through the proxy: copied to clients that observe once Lambda has it.
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../../protocol/clock.ts';
import { mostKept } from '../../../protocol/observer-limits.ts';
import type { Observing } from '../observing.ts';
import { answerPath, type Whole } from './runtime-api.ts';

/** The runtime's request with one answer, while the proxy passes it on. */
export interface PassingAnswer {
  /** Lambda has confirmed the whole answer, with this status. */
  confirmed(status: number): void;
}

/** An invocation that the deployed code has. */
interface Left extends Whole {
  readonly id: string;
  readonly at: number;
  readonly observing: Promise<Observing | undefined>;
}

export class DeployedAnswers {
  readonly #clock: Clock;
  readonly #observing: () => Promise<Observing | undefined> | undefined;
  /** An instance has one invocation at a time. */
  #left: Left | undefined;

  /** `observing`: what copies an answer; undefined while nobody observes. */
  constructor(clock: Clock, observing: () => Promise<Observing | undefined> | undefined) {
    this.#clock = clock;
    this.#observing = observing;
  }

  /** The runtime gets this invocation. */
  left(taken: Whole): void {
    this.#left = undefined;
    const id = taken.message.headers['lambda-runtime-aws-request-id'];
    const observing = this.#observing();
    if (observing === undefined || typeof id !== 'string') return;
    this.#left = { ...taken, id, at: this.#clock.now(), observing };
  }

  /** Reads along with a request of the runtime, if it is that invocation's answer; must be called before it is read. */
  passing(incoming: IncomingMessage): PassingAnswer | undefined {
    const left = this.#left;
    if (left === undefined || incoming.method !== 'POST') return undefined;
    const isResult = incoming.url === answerPath(left.id, 'response');
    if (!isResult && incoming.url !== answerPath(left.id, 'error')) return undefined;
    this.#left = undefined;
    const pieces: Buffer[] = [];
    let bytes = 0;
    incoming.on('data', (piece: Buffer) => {
      if (bytes < mostKept) pieces.push(piece.subarray(0, mostKept - bytes));
      bytes += piece.length;
    });
    return {
      confirmed: (status) => {
        if (status < 200 || status > 299) return;
        const { headers, trailers } = incoming;
        const errorType =
          headers['lambda-runtime-function-error-type'] ?? trailers['lambda-runtime-function-error-type'];
        const { at, body: event, id: requestId, observing } = left;
        const observed = {
          ...({
            requestId,
            by: 'deployed',
            event,
            result: Buffer.concat(pieces),
            resultBytes: bytes,
            at,
          } as const),
          ok: isResult && errorType === undefined,
          contentType: headers['content-type'],
          errorType: typeof errorType === 'string' ? errorType : undefined,
          ms: Math.max(0, this.#clock.now() - at),
        };
        void observing.then((loaded) => loaded?.take(observed));
      },
    };
  }
}
