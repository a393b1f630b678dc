// [1] What is deployed of a wrapped function: its own code behind the module's layer and variables, or not.
import type { FunctionConfiguration } from '../aws/function-variables.ts';
import { wrapperScript } from '../manifest/wrap-settings.ts';
import { differences, type ExpectedStub, missingVariables } from './expected-stub.ts';
import type { DeployedFunction } from './status-lines.ts';

/** Whether the configuration has the wrapper, whether it was expected or not. */
export function hasWrapper({ variables }: FunctionConfiguration): boolean {
  return variables.AWS_LAMBDA_EXEC_WRAPPER === wrapperScript;
}

/**
 * For a function whose code is not the stub's. `unwrapped` if nothing of the module is there, `half` if some of it is missing;
 * in both cases only the deployed code can answer.
 */
export function wrappedFunction(
  { layers, variables }: FunctionConfiguration,
  expected: ExpectedStub | undefined,
): Pick<DeployedFunction, 'state' | 'problems' | 'remedy'> {
  const missing = missingVariables(variables);
  if (!hasWrapper({ variables } as FunctionConfiguration)) missing.push('AWS_LAMBDA_EXEC_WRAPPER');
  const problems = [];
  if (missing.length > 0) problems.push(`these variables of the wrapper are missing: ${missing.join(', ')}`);
  // The module names the layer for the stage's table.
  const isLayer = (arn: string) => /:layer:[^:]*-wrapper:\d+$/.test(arn);
  if (!layers.some(isLayer)) problems.push('it lacks the layer of the wrapper');
  if (problems.length > 0) {
    const remedy =
      'have the function take the module’s outputs layers and environment, and terraform apply; its deployed code answers until then';
    const isUntouched = missing.length > 4 && problems.length > 1;
    return { state: isUntouched ? 'unwrapped' : 'half', problems, remedy };
  }
  const others = expected ? differences(variables, expected) : [];
  if (others.length === 0) return { state: 'wrapped', problems: [] };
  return { state: 'other', problems: others, remedy: 'terraform apply the configuration of the stage' };
}
