// What a start has already said is not said again when a saved livectl.json starts another round.
import type { SessionEvent } from '../session/session-event.ts';

/** Most texts that are kept: a notice names functions and files, so there may be any number. */
const mostKept = 1000;

/** Notices between the begin and the end of a start. */
export class StartNotices {
  readonly #said = new Set<string>();
  readonly #runtimes = new Set<string>();
  #isStarting = false;

  begin(): void {
    this.#isStarting = true;
  }

  end(): void {
    this.#isStarting = false;
  }

  /** Those whose runtime no earlier start had: what there is to say of it was said. */
  unseen<Settings extends { readonly runtime: string }>(functions: readonly Settings[]): readonly Settings[] {
    const unseen = functions.filter(({ runtime }) => !this.#runtimes.has(runtime));
    for (const { runtime } of unseen) this.#runtimes.add(runtime);
    return unseen;
  }

  /** False for a notice that an earlier start has given. */
  isNews(event: SessionEvent): boolean {
    if (event.event !== 'notice' || !this.#isStarting) return true;
    if (this.#said.has(event.message)) return false;
    if (this.#said.size < mostKept) this.#said.add(event.message);
    return true;
  }
}
