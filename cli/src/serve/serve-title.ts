// The terminal's title while a `serve` runs: the stage, and what is wrong with it.
import { type TerminalTitle, terminalTitle } from '../log/terminal-control.ts';
import { isInForeground } from '../run/character-mode.ts';
import type { Closers } from '../run/closers.ts';
import type { ObserveEvent } from '../session/session-event.ts';

export class ServeTitle {
  readonly #title: Pick<TerminalTitle, 'show' | 'restore'> | undefined;
  readonly #stage: string;
  readonly #failing = new Set<string>();
  #isBuilding = true;
  #isCutOff = false;

  constructor(stage: string, title: Pick<TerminalTitle, 'show' | 'restore'> | undefined) {
    this.#stage = stage;
    this.#title = title;
    this.enter();
  }

  take(event: ObserveEvent): void {
    switch (event.event) {
      case 'ready':
        this.#isBuilding = false;
        break;
      case 'reload':
        this.#isBuilding = false;
        this.#failing.delete(event.function);
        break;
      case 'build_error':
        this.#isBuilding = false;
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
    this.#isBuilding = true;
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
    return this.#isBuilding ? ': building' : '';
  }
}

/** Until the process ends, however it ends. Shows nothing for a program, or in the background. */
export function serveTitle(stage: string, format: 'pretty' | 'json', closers: Closers): ServeTitle {
  const ofTerminal = format === 'pretty' ? terminalTitle() : undefined;
  const title = new ServeTitle(stage, ofTerminal && isInForeground() ? ofTerminal : undefined);
  const restore = () => title.leave();
  process.once('exit', restore);
  closers.add(() => {
    restore();
    process.off('exit', restore);
  });
  return title;
}
