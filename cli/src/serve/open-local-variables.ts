// The variables that this machine sets for the served functions: `.env` beside livectl.json, and the flags.
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { didYouMean } from '../manifest/did-you-mean.ts';
import type { Manifest } from '../manifest/load-manifest.ts';
import { type GivenFile, LocalVariables } from '../session/variables/local-variables.ts';
import type { GivenVariable, NamedFile } from '../session/variables/settable.ts';

/** What `--env` and `--env-file` give; files are relative to the current folder. */
export interface VariableFlags {
  readonly variables: readonly GivenVariable[];
  readonly files: readonly NamedFile[];
}

/** Throws LD_CONFIG for a file that cannot be read, and for a function that is not served. */
export function openLocalVariables(
  { file, functions, root }: Pick<Manifest, 'file' | 'functions' | 'root'>,
  flags: VariableFlags,
  onNotice: (message: string) => void,
): LocalVariables {
  const names = functions.map(({ name }) => name);
  for (const { functionName } of [...flags.variables, ...flags.files])
    if (functionName !== undefined && !names.includes(functionName)) throw notServed(functionName, names);
  const dotEnv: GivenFile = {
    functionName: undefined,
    // A stage's manifest is no file of this machine.
    path: join(isAbsolute(file) ? dirname(file) : root, '.env'),
    label: '.env',
    isOptional: true,
  };
  const files = flags.files.map(
    ({ file: path, functionName }): GivenFile => ({
      functionName,
      path: resolve(path),
      label: path,
      isOptional: false,
    }),
  );
  return new LocalVariables({ files: [dotEnv, ...files], given: flags.variables, onNotice });
}

function notServed(name: string, names: readonly string[]): LiveDebugError {
  return new LiveDebugError(
    'LD_CONFIG',
    `--env ${name}: no function of that name is served${didYouMean(name, names)}`,
    {
      remedy: `Served are ${names.join(', ')}.`,
    },
  );
}
