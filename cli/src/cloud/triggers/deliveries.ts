// Triggers: whether event sources may invoke functions now, and which of their invocations run.
import type { LambdaHost } from '../lambda/lambda-host.ts';

type Host = Pick<LambdaHost, 'invoke'>;

/** While it is paused, sources accept what is published, and keep it. */
export class Deliveries {
  /** Invokes, for sources that must not while it is paused. */
  readonly host: Host;
  readonly #running = new Set<Promise<unknown>>();
  readonly #watchers = new Set<() => void>();
  #isPaused: boolean;

  constructor(host: Host, isPaused = false) {
    this.#isPaused = isPaused;
    this.host = {
      invoke: (...args) => {
        const outcome = host.invoke(...args);
        const settled = outcome.catch(() => undefined).finally(() => this.#running.delete(settled));
        this.#running.add(settled);
        return outcome;
      },
    };
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** `watcher` is called when deliveries begin or go on. */
  watch(watcher: () => void): void {
    this.#watchers.add(watcher);
  }

  resume(): void {
    this.#isPaused = false;
    for (const watcher of this.#watchers) watcher();
  }

  /** Resolves when what runs is over, and its sources have taken notice. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
