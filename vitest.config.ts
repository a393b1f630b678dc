// Tests run on the built files in dist/; `make test` builds first.
import { defineConfig } from 'vitest/config';
import PlainTotals from './scripts/plain-totals-reporter.ts';

export default defineConfig({
  test: {
    include: ['{protocol,stub,cli,terraform,bench,inspector,release}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/fixtures/**', '**/*.real.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    retry: 0,
    // The tests wait for processes of their own more than they compute.
    maxWorkers: 2,
    // Its ES modules import a folder, which a bundler resolves and Node.js does not.
    server: { deps: { inline: ['clipanion'] } },
    reporters: ['default', new PlainTotals()],
  },
});
