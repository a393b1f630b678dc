// Checks what is deployed in each function's place against what the stage's manifest says.
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { type Check, fail, needed, pass, some, warn } from './check.ts';
import type { StageParts } from './stage-parts.ts';

/** One finding for each function that is not as the stage says, and one for all others. */
export function deployedCheck({ deployed, manifest, stage }: StageParts): Check {
  return {
    name: 'deployed',
    group: 'Stage',
    lateRemedy: 'pass --timeout 10, or run livectl status, which waits longer',
    run: async (report) => {
      await needed(stage(), 'credentials');
      const { functions, isObserveOnly } = await needed(manifest(), 'table');
      if (functions.length === 0) return report(pass('deployed', 'the stage has no functions'));
      const good: string[] = [];
      const denied: string[] = [];
      for (const { error, found } of await deployed()) {
        const { function_name: name, problems, remedy = 'run terraform apply', state } = found;
        const message = [
          state === 'unknown' ? 'not checked' : `it is ${words[state] ?? state}`,
          ...problems,
        ].join('; ');
        if (error instanceof LiveDebugError && error.code === 'LD_PERMISSION') denied.push(name);
        else if ((state === 'stub' || state === 'wrapped') && problems.length === 0) good.push(name);
        else if (state === 'unknown' || state === 'updating' || state === 'stub' || state === 'wrapped')
          report(warn(`deployed/${name}`, message, remedy));
        else report(fail(`deployed/${name}`, message, remedy));
      }
      if (denied.length > 0) {
        const [why, remedy] = isObserveOnly
          ? [
              'developers of a stage to observe may not read configurations',
              'run livectl status with another role',
            ]
          : ['see "permission/lambda:GetFunctionConfiguration"', 'fix that permission first'];
        report(warn('deployed', `not checked: ${some(denied, 6)}: ${why}`, remedy));
      }
      if (good.length > 0) report(pass('deployed', `as the stage says: ${some(good, 6)}`));
    },
  };
}

const words: Readonly<Record<string, string>> = {
  stub: 'a stub of the stage',
  wrapped: 'wrapped for the stage',
  own: 'not live: its own package runs',
  half: 'half changed by an update that failed',
  other: 'live in another way than the stage says',
  updating: 'being updated',
  missing: 'missing',
  unwrapped: 'not wrapped completely, so its deployed code answers',
};
