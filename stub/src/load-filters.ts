// [1] Loads the filter matcher and the splitting of batches, separate files beside the stub's (scripts/stub-options.mjs), only if a
// client has a filter.

export function loadFilters(): Promise<typeof import('../../protocol/event-filter.ts')> {
  return import('../../protocol/event-filter.ts');
}

export function loadSplitBatch(): Promise<typeof import('./batch/split-batch.ts')> {
  return import('./batch/split-batch.ts');
}
