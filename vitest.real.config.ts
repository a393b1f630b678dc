// What needs AWS's own runtime clients, other programs, namespaces or many packages; `make test-real` installs them first.
import { defineConfig } from 'vitest/config';
import PlainTotals from './scripts/plain-totals-reporter.ts';

export default defineConfig({
  test: {
    include: ['{protocol,stub,cli,terraform,bench,release}/**/*.real.test.ts'],
    exclude: ['**/node_modules/**', '**/fixtures/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
    maxWorkers: 2,
    reporters: ['default', new PlainTotals()],
  },
});
