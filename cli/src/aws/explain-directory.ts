// Explains a refusal of the directory to the person at the terminal: one clear error with its remedy.
import { DirectoryRefusal } from '../../../protocol/directory.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { explainCredentials } from './explain-credentials.ts';

/** What was asked for, as the error names it. */
export interface DirectoryContext {
  readonly stage: string;
  readonly tableName: string;
  readonly region: string;
  readonly profile: string | undefined;
}

/** Returns the error to show instead of `error`; anything but a refusal by DynamoDB is returned unchanged. */
export function explainDirectory(error: unknown, context: DirectoryContext): unknown {
  if (!(error instanceof DirectoryRefusal)) return error;
  const { profile, region, stage, tableName } = context;
  const { message, type } = error;
  switch (type) {
    case 'ResourceNotFoundException':
      return new LiveDebugError(
        'LD_STAGE',
        `there is no table ${tableName} in ${region} of this AWS account`,
        {
          remedy: `apply the module with enabled = true and stage = "${stage}", or check --stage, --name, --region and --profile`,
          cause: error,
        },
      );
    case 'AccessDeniedException':
      return new LiveDebugError('LD_PERMISSION', message, {
        remedy:
          'attach the module’s output developer_policy_json to that principal, or check --stage, --name and --profile',
        cause: error,
      });
    default:
      return explainCredentials(type, message, profile, error) ?? error;
  }
}

/** Stubs compare a lease with AWS's clock: beyond a third of the lease's 90 s they may not find this livectl. */
const tolerableSkewMs = 30_000;

/** Throws LD_CLOCK if this machine's clock is too far off; `aheadMs` is how far AWS's is ahead. */
export function checkClock(aheadMs: number): void {
  if (Math.abs(aheadMs) <= tolerableSkewMs) return;
  const words = `${Math.round(Math.abs(aheadMs) / 1000)} s ${aheadMs > 0 ? 'behind' : 'ahead of'}`;
  throw new LiveDebugError('LD_CLOCK', `this machine’s clock is ${words} AWS’s`, {
    remedy: 'set the clock, e.g. turn on network time: otherwise stubs consider its lease expired',
  });
}
