// [1] What is deployed of a wrapped function: its own code behind the module's layer and variables, or not.
import type { FunctionConfiguration } from '../aws/function-variables.ts';
import { pythonVersion } from '../manifest/runtimes.ts';
import { wrapperScript } from '../manifest/wrap-settings.ts';
import { differences, type ExpectedStub, missingVariables } from './expected-stub.ts';
import type { DeployedFunction } from './status-lines.ts';

/** ARNs of the wrapper's layers. The module names the layer after the table, whose name begins so by default. */
function wrapperLayers({ layers, variables }: FunctionConfiguration, table?: string): string[] {
  const of = table ?? variables.LIVE_DEBUG_TABLE;
  return layers.filter((arn) => {
    const name = arn.split(':')[6] ?? '';
    return of === undefined
      ? name.startsWith('live-debug-') && name.endsWith('-wrapper')
      : name === `${of}-wrapper`;
  });
}

/** Whether the configuration has a part of the wrapper, whether it was expected or not. */
export function hasWrapper(deployed: FunctionConfiguration): boolean {
  return deployed.variables.AWS_LAMBDA_EXEC_WRAPPER === wrapperScript || wrapperLayers(deployed).length > 0;
}

/**
 * For a function whose code is not the stub's. `half` if Lambda can't start the function; `unwrapped` if its deployed code
 * answers and nothing else can.
 */
export function wrappedFunction(
  deployed: FunctionConfiguration,
  expected: ExpectedStub | undefined,
): Pick<DeployedFunction, 'state' | 'problems' | 'remedy'> {
  if (expected !== undefined && expected.wrap === undefined) return toReplace;
  const { layers, variables } = deployed;
  const script = variables.AWS_LAMBDA_EXEC_WRAPPER;
  // The layer of another stage holds the same script.
  const found = [...wrapperLayers(deployed), ...wrapperLayers(deployed, expected?.table)];
  if (script === wrapperScript && found.length === 0) {
    return {
      state: 'half',
      problems: [
        `its AWS_LAMBDA_EXEC_WRAPPER is ${wrapperScript}, but it lacks the layer of the wrapper, so Lambda can’t start it`,
      ],
      remedy: `${takeOutputs(expected)}; its invocations fail until then`,
    };
  }
  const problems = missingParts(deployed, found);
  if (problems.length > 0) {
    const isOther = script !== undefined && script !== wrapperScript;
    const chain = isOther
      ? '; give the module that script as exec_wrapper, which runs it as well, and merge environment last'
      : '';
    return {
      state: 'unwrapped',
      problems,
      remedy: `${takeOutputs(expected)}${chain}; its deployed code answers until then`,
    };
  }
  if (expected === undefined) return { state: 'wrapped', problems: [] };
  const others = differences(variables, expected);
  const { wrap, wrapperLayer } = expected;
  const chained = variables.LIVE_DEBUG_EXEC_WRAPPER;
  if (chained !== wrap?.execWrapper)
    others.push(
      `its LIVE_DEBUG_EXEC_WRAPPER is ${quoted(chained)}, and the stage’s exec_wrapper ${quoted(wrap?.execWrapper)}`,
    );
  if (wrapperLayer !== undefined && !layers.includes(wrapperLayer))
    others.push(`its layer of the wrapper is ${found[0]}, and the stage’s ${wrapperLayer}`);
  if (others.length === 0) return { state: 'wrapped', problems: [] };
  return { state: 'other', problems: others, remedy: 'terraform apply the configuration of the stage' };
}

const toReplace = {
  state: 'other',
  problems: ['it is wrapped, and the stage replaces it'],
  remedy: 'terraform apply the configuration of the stage; the function takes the output stub while live',
} as const;

/** Why the wrapper is not started, or runs the function unwrapped. */
function missingParts({ runtime, variables }: FunctionConfiguration, layers: readonly string[]): string[] {
  const problems = [];
  if (layers.length === 0) problems.push('it lacks the layer of the wrapper');
  const isPython = pythonVersion(runtime) !== undefined;
  const more = ['LIVE_DEBUG_SECRET', ...(isPython ? ['LIVE_DEBUG_STUB_FUNCTION'] : [])];
  const missing = [...missingVariables(variables), ...more.filter((name) => variables[name] === undefined)];
  if (missing.length > 0) problems.push(`these variables of the wrapper are missing: ${missing.join(', ')}`);
  const script = variables.AWS_LAMBDA_EXEC_WRAPPER;
  if (script === undefined)
    problems.push('its AWS_LAMBDA_EXEC_WRAPPER is not set, so nothing starts the wrapper');
  else if (script !== wrapperScript)
    problems.push(
      `its AWS_LAMBDA_EXEC_WRAPPER is ${quoted(script)}, not ${wrapperScript}, so nothing starts the wrapper`,
    );
  return problems;
}

function takeOutputs(expected: ExpectedStub | undefined): string {
  const off = expected === undefined ? ', with enabled = false to end live debugging' : '';
  return `have the function take the module’s outputs layers and environment, and terraform apply${off}`;
}

function quoted(text: string | undefined): string {
  return text === undefined ? 'not set' : JSON.stringify(text);
}
