// `--env` and `--env-file` of `serve`, as they are given.
import { UsageError } from 'clipanion';
import { type GivenVariable, type NamedFile, parseVariable } from '../session/variables/settable.ts';
import type { VariableFlags } from './open-local-variables.ts';

/** Values of `--env` and `--env-file`. Throws a UsageError, which never has a variable's value, for an invalid one. */
export function givenVariables(env: readonly string[] = [], envFiles: readonly string[] = []): VariableFlags {
  const variables: GivenVariable[] = [];
  const files: NamedFile[] = envFiles.map((file) => ({ functionName: undefined, file }));
  for (const given of env.map(parseVariable)) {
    if (typeof given === 'string') throw new UsageError(`--env${given}`);
    if ('file' in given) files.push(given);
    else variables.push(given);
  }
  return { variables, files };
}
