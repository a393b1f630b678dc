// Where things are, seen from dist/bench.mjs.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = dirname(dirname(fileURLToPath(import.meta.url)));
export const livectlFile = join(repository, 'dist', 'livectl.mjs');
export const stubFile = join(repository, 'dist', 'stub', 'index.mjs');
export const benchFolder = join(repository, 'bench');
export const benchmarksFile = join(repository, 'docs', 'benchmarks.md');
export const networkPageFile = join(repository, 'docs', 'benchmarks-network.md');
export const packingPageFile = join(repository, 'docs', 'benchmarks-packing.md');
export const tunnelPageFile = join(repository, 'docs', 'benchmarks-tunnel.md');
export const tunnelZipFile = join(repository, 'dist', 'tunnel.zip');
