// The terminal's title while a `serve` runs: the stage, and what is wrong with it.
import { type TerminalTitle, terminalTitle } from '../log/terminal-control.ts';
import { isInForeground } from '../run/character-mode.ts';
import type { Closers } from '../run/closers.ts';
import type { ObserveEvent } from '../session/session-event.ts';

export class ServeTitle {
  readonly #title: Pick<TerminalTitle, 'show' | 'restore'> | undefined;
  readonly #stage: string;
  readonly #failing = new Set<string>();
  /** What is waited for; undefined once it serves. */
  #doing: 'starting' | 'building' | undefined;
  #isCutOff = false;

  /** `first`: what it does until `ready`. */
  constructor(
    stage: string,
    title: Pick<TerminalTitle, 'show' | 'restore'> | undefined,
    first: 'starting' | 'building' = 'building',
  ) {
    this.#doing = first;
    this.#stage = stage;
    this.#title = title;
    this.enter();
  }

  take(event: ObserveEvent): void {
    switch (event.event) {
      case 'ready':
        this.#doing = undefined;
        break;
      case 'reload':
        this.#doing = undefined;
        this.#failing.delete(event.function);
        break;
      case 'build_error':
        this.#doing = undefined;
        this.#failing.add(event.function);
        break;
      case 'reconnect':
        this.#isCutOff = event.state !== 'connected';
        break;
      default:
        return;
    }
    this.enter();
  }

  /** Everything is built again. */
  building(): void {
    this.#doing = 'building';
    this.enter();
  }

  /** Shows it, also after `leave`. */
  enter(): void {
    this.#title?.show(`livectl ${this.#stage}${this.#state()}`);
  }

  /** The terminal is somebody else's. */
  leave(): void {
    this.#title?.restore();
  }

  #state(): string {
    const [first, ...more] = this.#failing;
    if (this.#isCutOff) return ': reconnecting';
    if (first !== undefined)
      return more.length === 0 ? `: ${first} does not build` : `: ${more.length + 1} functions do not build`;
    return this.#doing === undefined ? '' : `: ${this.#doing}`;
  }
}

/** Until the process ends, however it ends. Shows nothing for a program, or in the background. */
export function serveTitle(
  stage: string,
  format: 'pretty' | 'json',
  closers: Closers,
  first?: 'starting' | 'building',
): ServeTitle {
  const ofTerminal = format === 'pretty' ? terminalTitle() : undefined;
  const title = new ServeTitle(stage, ofTerminal && isInForeground() ? ofTerminal : undefined, first);
  const restore = () => title.leave();
  process.once('exit', restore);
  closers.add(() => {
    restore();
    process.off('exit', restore);
  });
  return title;
}
