// [1] Loads what copies answers to clients that observe, a separate file beside the stub's (scripts/stub-options.mjs).

export function loadObserving(): Promise<typeof import('./observing.ts')> {
  return import('./observing.ts');
}
