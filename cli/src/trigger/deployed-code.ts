// How `livectl invoke --deployed` reaches the deployed code, bypassing the client that serves the function.
import { deployedClientContext } from '../../../protocol/deployed-request.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import type { Invocation } from './sources/lambda.ts';
import type { TriggerFunction } from './sources/sources.ts';

/** What to invoke, and with which client context. Throws LD_CONFIG for a function whose deployed code cannot be reached. */
export function deployedCodeOf({ fallback, lambdaName, qualifier, name }: TriggerFunction): Pick<
  Invocation,
  'lambdaName' | 'clientContext'
> & {
  readonly qualifier?: string | undefined;
} {
  switch (fallback.kind) {
    case 'deployed':
      return { lambdaName, qualifier, clientContext: deployedClientContext };
    case 'function':
      return { lambdaName: fallback.arn };
    case 'none':
      throw new LiveDebugError('LD_CONFIG', `${name} has no deployed code to run: the stub replaces it`, {
        remedy: `wrap it (mode = "wrap"), or name the real function (fallback_arn), and terraform apply; without --deployed, the client that serves ${name} answers`,
      });
  }
}
