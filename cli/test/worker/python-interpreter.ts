// The Python that tests run the Python runtime client with: python3, or LIVECTL_TEST_PYTHON to try another version.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { handlersFolder } from './built-runtime.ts';

/** Fixtures: one handler shape per file. */
export const pythonHandlers = join(handlersFolder, 'python');

const wanted = process.env.LIVECTL_TEST_PYTHON ?? 'python3';
const asked = spawnSync(wanted, ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
  timeout: 10_000,
});

/** Absolute: what is on the PATH may be a script that looks for the real one, as pyenv's is. */
export const python = asked.status === 0 ? asked.stdout.trim() : wanted;

/** Why Python tests are skipped, if they are; never under CI, where they fail without a Python. */
export const skipReason =
  asked.status === 0 || process.env.CI
    ? undefined
    : `there is no ${wanted} (${asked.error?.message ?? asked.stderr})`;
