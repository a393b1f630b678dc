// Checks whose credentials are used, whether AWS accepts them, and this machine's clock against AWS's.
import { systemClock } from '../../../protocol/clock.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { hasEmulator } from '../aws/endpoints.ts';
import { howToSignIn } from '../aws/sign-in.ts';
import type { StageOptions } from '../aws/stage.ts';
import { type Check, fail, NotChecked, needed, pass, warn } from './check.ts';
import { isRefusal, type StageParts } from './stage-parts.ts';

/** Without a stage: nothing fails for want of an account that `serve --local` does not need. */
export function accountCheck(parts: StageParts, options: Omit<StageOptions, 'stage'>): Check {
  const check = credentialsCheck(parts, options);
  return {
    ...check,
    late: 'warn',
    run: (report, signal) =>
      check.run((finding) => {
        if (finding.status !== 'fail') return report(finding);
        report({ ...finding, status: 'warn', message: `no stage can be served: ${finding.message}` });
      }, signal),
  };
}

export function credentialsCheck({ caller, stage }: StageParts, options: Omit<StageOptions, 'stage'>): Check {
  const { profile } = options;
  return {
    name: 'credentials',
    group: 'AWS',
    late: 'fail',
    lateRemedy: 'is a program or a login that does not answer named in the profile? Pass another --profile',
    run: async (report) => {
      try {
        const { identity } = await stage();
        const where = `${identity.region}${profile === undefined ? '' : `, profile ${profile}`}`;
        const arn = await caller().catch((error: unknown) => {
          if (isRefusal(error) || error instanceof NotChecked) throw error;
          const remedy = 'allow this machine to reach sts; livectl works without it';
          if (!hasEmulator())
            report(warn('credentials', `whose they are is not known: ${messageOf(error)}`, remedy));
          return undefined;
        });
        if (arn !== undefined) report(pass('credentials', `${arn} in ${where}`));
        else if (hasEmulator())
          report(pass('credentials', `for the emulator that AWS_ENDPOINT_URL names (${where})`));
      } catch (error) {
        if (!(error instanceof LiveDebugError)) throw error;
        // The check of the clock says by how much.
        if (error.code === 'LD_CLOCK') throw new NotChecked('see "clock"', 'fix "clock" first');
        const isAboutCredentials = error.code === 'LD_CREDENTIALS' && !/network/.test(error.remedy ?? '');
        const remedy = isAboutCredentials ? await howToSignIn(profile) : (error.remedy ?? '');
        report(fail('credentials', error.message, remedy));
      }
    },
  };
}

/** SigV4 refuses a difference of 5 minutes; livectl's leases are read with both clocks. */
const mostSkewMs = 5000;

export function stageClockCheck({ caller, manifest, stage }: StageParts): Check {
  return {
    name: 'clock',
    group: 'AWS',
    lateRemedy: 'set the clock, e.g. turn on network time',
    run: async (report) => {
      const { skew } = await needed(stage(), 'credentials');
      // Each answer has a time, also one that refuses.
      await Promise.allSettled([caller(), manifest()]);
      const { estimate } = skew;
      if (estimate === undefined) {
        await needed(caller(), 'credentials');
        await needed(manifest(), 'table');
        return report(warn('clock', 'AWS’s answers had no time', 'is a proxy changing them?'));
      }
      const { aheadMs, withinMs } = estimate;
      const isOff = Math.abs(aheadMs) - withinMs > mostSkewMs;
      if (!isOff)
        return report(
          pass('clock', `it differs from AWS’s by at most ${roughly(Math.abs(aheadMs) + withinMs)}`),
        );
      const now = new Date(systemClock.now()).toISOString().slice(0, 19);
      const words = `this machine’s clock is ${roughly(Math.abs(aheadMs))} ${aheadMs > 0 ? 'behind' : 'ahead of'} AWS’s (${now}Z here)`;
      report(fail('clock', words, 'set it, e.g. turn on network time: AWS refuses 5 minutes and more'));
    },
  };
}

/** `850 ms`, `12 s` or `10 min`. */
function roughly(ms: number): string {
  if (ms < 2000) return `${Math.round(ms)} ms`;
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}
