// [1] What matches filters: a file of its own beside the stub's (scripts/stub-options.mjs), read where a client has a filter.

export function loadFilters(): Promise<typeof import('../../protocol/event-filter.ts')> {
  return import('../../protocol/event-filter.ts');
}
