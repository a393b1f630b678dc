// Runs all checks at once, each with a bound, and passes on what they find in the order of the checks.
import type { Clock } from '../../../protocol/clock.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { within } from '../../../protocol/within.ts';
import { type Check, type Finding, fail, NotChecked, warn } from './check.ts';

export interface RunOptions {
  readonly clock: Clock;
  /** How long each check may take, in milliseconds from now. */
  readonly boundMs: number;
  /** Called with everything that a check has found, check by check, as soon as all checks before it have ended. */
  readonly onChecked: (check: Check, findings: readonly Finding[]) => void;
}

/** So many findings of one check are kept: a stage has at most a few hundred functions. */
const mostFindings = 5000;

/** Resolves with all findings when every check has ended or was given up. Never rejects. */
export async function runChecks(checks: readonly Check[], options: RunOptions): Promise<Finding[]> {
  const running = checks.map((check) => findingsOf(check, options));
  const all: Finding[] = [];
  for (const [index, check] of checks.entries()) {
    const findings = (await running[index]) ?? [];
    options.onChecked(check, findings);
    all.push(...findings);
  }
  return all;
}

async function findingsOf(check: Check, { boundMs, clock }: RunOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const giveUp = new AbortController();
  const report = (finding: Finding) => {
    if (!giveUp.signal.aborted && findings.length < mostFindings) findings.push(finding);
  };
  try {
    // A check that throws at once must not keep the others from starting.
    const work = Promise.resolve().then(() => check.run(report, giveUp.signal));
    const ended = await within(
      clock,
      boundMs,
      work.then(() => true),
    );
    if (ended === undefined) {
      const message = `${findings.length > 0 ? 'only partly checked: ' : ''}no answer within ${boundMs / 1000} s`;
      const { late = 'warn', lateRemedy: remedy, name } = check;
      report({ check: name, status: late, message, remedy });
    }
  } catch (error) {
    report(thrown(check.name, error));
  }
  giveUp.abort();
  return findings;
}

/** What a check threw, as a finding. */
export function thrown(name: string, error: unknown): Finding {
  if (error instanceof NotChecked) return warn(name, `not checked: ${error.message}`, error.remedy);
  if (error instanceof LiveDebugError)
    return fail(name, error.message, error.remedy ?? 'see docs/errors.md for this error');
  return fail(name, `the check itself failed: ${messageOf(error)}`, 'report this as a bug in livectl');
}
