// [4] The variables that a function's code receives: its own from a source that this machine trusts, never from a message if
// that source can be read; plus the invocation's credentials and what Lambda sets.
import { configuredVariables, sentByLambda, sentCredentials, type Variables } from './sent-variables.ts';

/** Where the variables of an invocation come from. */
export interface FunctionVariables {
  /**
   * All variables for the function's code, given those of the message; a promise only if something must be awaited, for at
   * most 3 seconds. Never rejects.
   */
  of(functionName: string, sent: Variables): Variables | Promise<Variables>;
  /**
   * Those of the function's last invocation, with what this machine sets now; undefined before the first one, and where this
   * machine sets nothing.
   */
  latest?(functionName: string): Variables | undefined;
}

/** For functions whose own variables are known here, e.g. from the local livectl.json. */
export function givenVariables(given: ReadonlyMap<string, Variables>, region: string): FunctionVariables {
  const configured = new Map([...given].map(([name, variables]) => [name, configuredVariables(variables)]));
  return { of: (functionName, sent) => merged(configured.get(functionName) ?? {}, sent, region) };
}

/** The function's own, then what Lambda sets and the credentials; as on Lambda, the latter win. */
export function merged(own: Variables, sent: Variables, region: string): Variables {
  return { ...own, ...sentByLambda(sent, region), ...sentCredentials(sent) };
}
