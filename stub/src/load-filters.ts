// [1] Loads the filter matcher, a separate file beside the stub's (scripts/stub-options.mjs), only if a client has a filter.

export function loadFilters(): Promise<typeof import('../../protocol/event-filter.ts')> {
  return import('../../protocol/event-filter.ts');
}
