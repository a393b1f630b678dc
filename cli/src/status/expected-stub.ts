// [1] What a live function must have according to the stage's manifest: the variables of a stub or of a wrapper.

import type { WrapSettings } from '../manifest/wrap-settings.ts';

/** What the stage's manifest requires of a stub. */
export interface ExpectedStub {
  readonly stage: string;
  /** The function's name in the stage. */
  readonly name: string;
  readonly table: string;
  readonly relayUrl: string;
  /** Of a function that keeps its own code, behind the wrapper; undefined for one that is replaced. */
  readonly wrap: WrapSettings | undefined;
  /** ARN of the wrapper's layer with its version; undefined if the manifest does not have it. */
  readonly wrapperLayer: string | undefined;
  /** SHA-256 of the module's stub in base64; undefined in a manifest of an older module. */
  readonly codeSha256: string | undefined;
}

const stubVariables = ['LIVE_DEBUG_STAGE', 'LIVE_DEBUG_FUNCTION', 'LIVE_DEBUG_TABLE', 'LIVE_DEBUG_RELAY'];

/** Names of the variables that the configuration lacks. */
export function missingVariables(variables: Readonly<Record<string, string>>): string[] {
  return stubVariables.filter((name) => variables[name] === undefined);
}

/** The number of variables of a stub. */
export const stubVariableCount = stubVariables.length;

/** Describes variables that differ; shows a value only if it is in the manifest as well. */
export function differences(variables: Readonly<Record<string, string>>, expected: ExpectedStub): string[] {
  const wanted = {
    LIVE_DEBUG_STAGE: expected.stage,
    LIVE_DEBUG_FUNCTION: expected.name,
    LIVE_DEBUG_TABLE: expected.table,
    LIVE_DEBUG_RELAY: expected.relayUrl,
  };
  return Object.entries(wanted)
    .filter(([name, value]) => variables[name] !== value)
    .map(
      ([name, value]) =>
        `its ${name} is ${JSON.stringify(variables[name])}, and the stage’s ${JSON.stringify(value)}`,
    );
}
