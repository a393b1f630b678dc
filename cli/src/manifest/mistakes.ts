// Combines all mistakes in a manifest into one error.
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';

/** One mistake; `path` is where in the manifest, e.g. `functions.hello.timeout`. */
export interface Mistake {
  readonly path: string;
  readonly text: string;
}

/** An `LD_CONFIG` error with every mistake in `file`, each with its path; a single mistake stays on one line. */
export function mistakesError(file: string, mistakes: readonly Mistake[]): LiveDebugError {
  const lines = mistakes.map(({ path, text }) => (path === '' ? text : `${path}: ${text}`));
  const message =
    lines.length === 1
      ? `${file}: ${lines[0]}`
      : `${file} has ${lines.length} mistakes:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  return new LiveDebugError('LD_CONFIG', message, { remedy: `Correct ${file} and start again.` });
}

/** A path in its usual form: `functions.hello.command[0]`, with quotes only if a key needs them. */
export function jsonPath(keys: readonly unknown[]): string {
  return keys.reduce<string>((path, key) => {
    if (typeof key === 'number') return `${path}[${key}]`;
    if (!/^[\w$-]+$/.test(String(key))) return `${path}[${JSON.stringify(String(key))}]`;
    return path === '' ? String(key) : `${path}.${String(key)}`;
  }, '');
}
