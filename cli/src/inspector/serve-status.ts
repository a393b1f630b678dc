// The inspector's API: keeps what is known of the running serve up to date, from its events.
import type { ObserveEvent } from '../session/session-event.ts';
import type { ServeSnapshot, SnapshotBuildError } from './serve-snapshot.ts';

/** What does not change while it serves. */
export type ServeFacts = Omit<
  ServeSnapshot,
  'version' | 'build' | 'build_errors' | 'displaced' | 'relay' | 'counts'
>;

export class ServeStatus {
  #facts: ServeFacts;
  #isReady = false;
  #relay: ServeSnapshot['relay'] = 'connected';
  #displaced: ServeSnapshot['displaced'];
  /** By function whose latest build failed. */
  readonly #broken = new Map<string, readonly SnapshotBuildError[]>();
  readonly #counts = new Map<string, { invocations: number; failed: number }>();
  readonly #listeners = new Set<() => void>();

  constructor(facts: ServeFacts) {
    this.#facts = facts;
  }

  current(): ServeSnapshot {
    const errors = [...this.#broken.values()].flat();
    return {
      version: 1,
      ...this.#facts,
      build: this.#broken.size > 0 ? 'failed' : this.#isReady ? 'ok' : 'building',
      ...(this.#broken.size > 0 ? { build_errors: errors } : {}),
      ...(this.#displaced ? { displaced: this.#displaced } : {}),
      relay: this.#relay,
      counts: Object.fromEntries(this.#counts),
    };
  }

  /** Calls back after each change. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** What is known once the stage is open. */
  learn(facts: Partial<ServeFacts>): void {
    this.#facts = { ...this.#facts, ...facts };
    this.#changed();
  }

  take(event: ObserveEvent): void {
    if (this.#applies(event)) this.#changed();
  }

  /** Whether it changes anything. */
  #applies(event: ObserveEvent): boolean {
    switch (event.event) {
      case 'ready':
        this.#isReady = true;
        return true;
      case 'build_error':
        this.#broken.set(
          event.function,
          event.errors.map((error) => ({ function: event.function, ...error })),
        );
        return true;
      case 'reload':
        return this.#broken.delete(event.function);
      case 'reconnect':
        this.#relay = event.state === 'connected' ? 'connected' : 'lost';
        return true;
      case 'displaced':
        this.#displaced = event.by ? { by: `${event.by.user} on ${event.by.host}` } : {};
        return true;
      case 'holder':
        this.#held(event.function, event.by);
        return true;
      case 'invoke':
        if ('observed' in event) this.#count(event.function, event.ok);
        return 'observed' in event;
      case 'result':
        if ('replay_of' in event) return false;
        this.#count(event.function, event.ok);
        return true;
      default:
        return false;
    }
  }

  #held(name: string, by: { readonly user: string; readonly host: string } | undefined): void {
    const functions = this.#facts.functions.map((each) => {
      if (each.name !== name) return each;
      const { held_by: _before, ...rest } = each;
      return by === undefined ? rest : { ...rest, held_by: by };
    });
    this.#facts = { ...this.#facts, functions };
  }

  #count(name: string, ok: boolean): void {
    const { failed, invocations } = this.#counts.get(name) ?? { invocations: 0, failed: 0 };
    this.#counts.set(name, { invocations: invocations + 1, failed: failed + (ok ? 0 : 1) });
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
