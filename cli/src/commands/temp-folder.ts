// A private temporary folder for one run of livectl, and the removal of those that a killed run left behind.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processIsGone } from '../process-is-gone.ts';

/** Makes the folder (0700). The caller removes it; after a kill -9 the next run does. */
export function makeTempFolder(): string {
  removeAbandoned();
  return mkdtempSync(join(tmpdir(), `livectl-${process.pid}-`));
}

function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = /^livectl-(\d+)-[A-Za-z0-9]{6}$/.exec(name) ?? [];
    if (pid === undefined || !processIsGone(Number(pid))) continue;
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // Another user's: theirs to remove.
    }
  }
}
