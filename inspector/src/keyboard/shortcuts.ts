// Inspector page: its keys. Components register what they do; the help lists what is registered.
import { Store } from '../state/store.ts';

export type ShortcutGroup = 'List' | 'Invocation' | 'Page';

export interface Shortcut {
  /** As `KeyboardEvent.key` has them. */
  readonly keys: readonly string[];
  /** What it does, for the help: `Replay`. */
  readonly label: string;
  readonly group: ShortcutGroup;
  /** `false`: it does not apply now, and the browser gets the key. */
  run(event: KeyboardEvent): unknown;
}

const storedAs = 'livectl-single-keys';

export class Shortcuts {
  /** Whether keys without Ctrl, Alt or Meta do anything; some people speak to their computer. */
  readonly areOn = new Store(readSetting());
  readonly #list = new Set<Shortcut>();

  get list(): readonly Shortcut[] {
    return [...this.#list];
  }

  /** Returns how to remove it. The last one that is added for a key is asked first. */
  add(shortcut: Shortcut): () => void {
    this.#list.add(shortcut);
    return () => this.#list.delete(shortcut);
  }

  turn(areOn: boolean): void {
    this.areOn.set(areOn);
    try {
      localStorage.setItem(storedAs, areOn ? 'on' : 'off');
    } catch {
      // It is not kept.
    }
  }

  handle(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector('dialog[open]')) return;
    const isEscape = event.key === 'Escape';
    if (!isEscape && (isTyping(event.target) || !this.areOn.value)) return;
    for (const shortcut of [...this.#list].reverse()) {
      if (!shortcut.keys.includes(event.key)) continue;
      if (shortcut.run(event) === false) continue;
      event.preventDefault();
      return;
    }
  }
}

function readSetting(): boolean {
  try {
    return localStorage.getItem(storedAs) !== 'off';
  } catch {
    return true;
  }
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  );
}
