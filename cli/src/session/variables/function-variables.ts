// [4] The variables that a function's code gets: its own from a place this machine trusts, never from a message where that
// can be read; with the invocation's credentials and what Lambda sets.
import { configuredVariables, sentByLambda, sentCredentials, type Variables } from './sent-variables.ts';

/** Where the variables of an invocation come from. */
export interface FunctionVariables {
  /**
   * All that the function's code gets of the variables, given those of the message; a promise only where something has
   * to be waited for, within 3 seconds. Never rejects.
   */
  of(functionName: string, sent: Variables): Variables | Promise<Variables>;
}

/** Of functions whose own variables are known here, e.g. from the local livectl.json. */
export function givenVariables(given: ReadonlyMap<string, Variables>, region: string): FunctionVariables {
  const configured = new Map([...given].map(([name, variables]) => [name, configuredVariables(variables)]));
  return { of: (functionName, sent) => merged(configured.get(functionName) ?? {}, sent, region) };
}

/** The function's own, then what Lambda sets and the credentials: as on Lambda, these win. */
export function merged(own: Variables, sent: Variables, region: string): Variables {
  return { ...own, ...sentByLambda(sent, region), ...sentCredentials(sent) };
}
