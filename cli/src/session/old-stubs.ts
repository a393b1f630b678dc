// [4] Invocations from stubs that cannot authenticate to the stage: not run, but answered so that their caller sees why.
import type { Clock } from '../../../protocol/clock.ts';
import type { ErrorCode } from '../../../protocol/live-debug-error.ts';
import type { Channel } from '../../../protocol/sealing.ts';
import type { UnprovenInvoke } from '../relay/inbox.ts';
import type { RelayLink } from '../relay/relay-link.ts';
import { bodyOf } from './answers.ts';
import { oldStub } from './own-errors.ts';

interface OldStubsOptions {
  readonly link: Pick<RelayLink, 'post'>;
  readonly clock: Clock;
  readonly functions: ReadonlyMap<string, unknown>;
  readonly onError: (code: ErrorCode, message: string, remedy: string) => void;
}

/** How long delivery of an answer is retried. */
const postMs = 5000;

/** Reported once in this time for each function. */
const tellEveryMs = 60_000;

const remedy =
  'terraform apply with the module of this version gives the function a new stub; if all have it, somebody with access to the relay is forging invocations';

export class OldStubs {
  readonly #options: OldStubsOptions;
  readonly #reportedAt = new Map<string, number>();

  constructor(options: OldStubsOptions) {
    this.#options = options;
  }

  /** Answers an invocation with an error. Never rejects. */
  async refuse({ id, head }: UnprovenInvoke, channel: Channel): Promise<void> {
    const { clock, link } = this.#options;
    this.#tell(head.function);
    const body = bodyOf({ ok: false, error: oldStub() });
    const error = { type: 'error', id, attempt: 1, head: { codeMs: 0 }, body } as const;
    await link.post(head.replyTo, channel, error, clock.now() + postMs);
  }

  #tell(functionName: string): void {
    const { clock, functions, onError } = this.#options;
    // Any other name could have been invented by the sender.
    const name = functions.has(functionName) ? functionName : undefined;
    const reportedAt = this.#reportedAt.get(name ?? '');
    if (reportedAt !== undefined && clock.now() - reportedAt < tellEveryMs) return;
    this.#reportedAt.set(name ?? '', clock.now());
    const what = `an invocation of ${name ?? 'a function that is not served here'} was not run`;
    onError(
      'LD_VERSION',
      `${what}: its stub, of module 0.1, cannot prove that it belongs to this stage`,
      remedy,
    );
  }
}
