// Part of `make check`: what neither the type checker nor the linter sees. Runs after a build.
//   - the stub's zip in the Terraform module is the one these sources give
//   - livectl.schema.json is the one the manifest's schema gives
//   - the stub keeps its size
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const mistakes = [];

// The build has just written both; git tells whether that changed what is committed.
const built = ['terraform/modules/live-debug/dist/stub.zip', 'livectl.schema.json'];
const stale = execFileSync('git', ['status', '--porcelain', '--', ...built], { cwd: root, encoding: 'utf8' });
for (const line of stale.split('\n').filter(Boolean)) {
  // Staged and equal to the working tree is fresh: only a difference to what would be committed is stale.
  if (line[1] !== ' ')
    mistakes.push(`${line.slice(3)} is stale: commit the file that the build has just written`);
}

const stubBytes = statSync(join(root, 'dist/stub/index.mjs')).size;
if (stubBytes > 120 * 1024) mistakes.push(`the stub is ${stubBytes} bytes, over 120 KB`);
if (/@aws-sdk|@smithy/.test(readFileSync(join(root, 'dist/stub/index.mjs'), 'utf8'))) {
  mistakes.push('the stub carries a part of the AWS SDK');
}

for (const mistake of mistakes) console.error(`check: ${mistake}`);
process.exit(mistakes.length > 0 ? 1 : 0);
