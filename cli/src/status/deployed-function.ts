// [1] What is deployed in a function's place, judged by its configuration: the stub, the function's own code, or half of each.

import { firstLine } from '../../../protocol/live-debug-error.ts';
import type { FunctionConfiguration } from '../aws/function-variables.ts';
import { differences, type ExpectedStub, missingVariables, stubVariableCount } from './expected-stub.ts';
import type { DeployedFunction } from './status-lines.ts';
import { hasWrapper, wrappedFunction } from './wrapped-function.ts';

/** The handler of every stub. */
const stubHandler = 'index.handler';

/**
 * Compares a function with the `expected` stub; without one, reports whether any stub is deployed. `knownSha256` is the stub
 * that this livectl was built with: without a manifest, no other one is recognized by its package.
 */
export function deployedFunction(
  functionName: string,
  deployed: FunctionConfiguration,
  knownSha256: string,
  expected?: ExpectedStub,
): DeployedFunction {
  const { codeSha256, handler, layers, runtime, updateReason, updateStatus, variables } = deployed;
  const missing = missingVariables(variables);
  const isConfigured = missing.length === 0;
  // A stub of another version has another package, which looks like the function's own.
  const isStubCode = [knownSha256, expected?.codeSha256].includes(codeSha256);
  const mayBeStubCode = isStubCode || (isConfigured && expected?.codeSha256 === undefined);
  const stage = variables.LIVE_DEBUG_STAGE;
  const at = { function_name: functionName, ...(stage === undefined ? {} : { stage }) };
  if (updateStatus === 'InProgress') return { ...at, state: 'updating', problems: [] };
  const problems: string[] = [];
  if (updateStatus === 'Failed')
    problems.push(`its last update failed: ${firstLine(updateReason) || 'Lambda gives no reason'}`);
  if (!isStubCode && (expected?.wrap !== undefined || hasWrapper(deployed))) {
    const found = wrappedFunction(deployed, expected);
    return { ...at, ...found, problems: [...problems, ...found.problems] };
  }
  const isOwn = !isStubCode && missing.length === stubVariableCount;
  if (isOwn) {
    if (expected) problems.push('it runs its own package and has none of the stub’s variables');
    return {
      ...at,
      state: 'own',
      problems,
      ...(problems.length > 0 ? { remedy: applyRemedy(expected) } : {}),
    };
  }
  if (!mayBeStubCode) problems.push('its package is not the stub’s, although it has the stub’s variables');
  if (!isConfigured)
    problems.push(`its package is the stub’s, but these variables are missing: ${missing.join(', ')}`);
  if (handler !== stubHandler)
    problems.push(`its handler is ${JSON.stringify(handler)}, not the stub’s ${stubHandler}`);
  if (!/^nodejs/.test(runtime))
    problems.push(`its runtime is ${JSON.stringify(runtime)}, but the stub needs Node.js`);
  if (problems.length > 0) return { ...at, state: 'half', problems, remedy: halfRemedy(functionName) };
  if (expected?.wrap) problems.push('it is a stub, and the stage wraps it');
  if (expected) problems.push(...differences(variables, expected));
  if (problems.length > 0) return { ...at, state: 'other', problems, remedy: applyRemedy(expected) };
  if (expected && layers.length > 0)
    problems.push(
      `it has ${layers.length} layers, whose extensions start beside the stub; a stub needs none`,
    );
  return {
    ...at,
    state: 'stub',
    problems,
    ...(problems.length > 0
      ? { remedy: 'set the function’s layers to the module’s output stub.layers while live' }
      : {}),
  };
}

function applyRemedy(expected: ExpectedStub | undefined): string {
  const stage = expected ? ` of stage ${expected.stage}` : '';
  return `terraform apply the configuration${stage}, and have the function take the module’s outputs stub and environment`;
}

function halfRemedy(functionName: string): string {
  return [
    'Terraform may plan no change, since its state has what was refused: switch the stage the other way and back (terraform apply',
    'with enabled = true, then false, or the reverse), or put the package back with',
    `aws lambda update-function-code --function-name ${functionName} --zip-file fileb://PACKAGE.zip`,
  ].join(' ');
}
