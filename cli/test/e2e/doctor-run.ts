// Runs `livectl doctor` as the built program, and sorts what it finds.
import { type JsRuntime, Livectl } from './livectl-process.ts';

/** A line of `doctor --format json`. */
export interface Finding {
  readonly check: string;
  readonly status: 'pass' | 'warn' | 'fail';
  readonly message: string;
  readonly remedy: string | null;
}

/** Resolves when it has ended; `fails` and `warns` are `check: message`. */
export async function runDoctor(
  args: readonly string[],
  env: Record<string, string> = {},
  runtime: JsRuntime = 'node',
) {
  // A slow machine needs longer than a person would wait.
  const patience = args.includes('--timeout') ? [] : ['--timeout', '20'];
  const livectl = new Livectl(['doctor', '--format', 'json', ...patience, ...args], { env, runtime });
  try {
    const code = await livectl.exited;
    const findings: Finding[] = livectl.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const of = (status: Finding['status']) =>
      findings.filter((each) => each.status === status).map(({ check, message }) => `${check}: ${message}`);
    const find = (check: string) => findings.find((each) => each.check === check);
    return { code, findings, find, fails: of('fail'), warns: of('warn'), stderr: livectl.stderr };
  } finally {
    await livectl.dispose();
  }
}
