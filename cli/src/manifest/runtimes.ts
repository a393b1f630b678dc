// AWS's runtime identifiers, by pattern, so that versions that are newer than this livectl work like the rest of their family.

import { closest } from './did-you-mean.ts';

/** For editors: examples of each family, not a list of accepted values. */
export const exampleRuntimes = [
  'nodejs22.x',
  'nodejs24.x',
  'python3.13',
  'python3.14',
  'provided.al2023',
  'java21',
  'ruby3.4',
  'dotnet10',
] as const;

/** The form of a runtime identifier; https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html */
export const runtimePattern = /^[a-zA-Z][a-zA-Z0-9._-]{0,63}$/;

/** The families whose programs livectl starts with a `command`. */
const programs = /^(java\d+(\.al\d+)?|ruby\d+\.\d+|dotnet(core)?\d+(\.\d+)?|go1\.x)$/;

/** The major version of a Node runtime (22 for `nodejs22.x`); undefined for every other runtime. */
export function nodeMajor(runtime: string): number | undefined {
  const match = /^nodejs(\d{1,4})\.x$/.exec(runtime);
  return match ? Number(match[1]) : undefined;
}

/** The version of a Python runtime (`3.13` for `python3.13`); undefined for every other runtime. */
export function pythonVersion(runtime: string): string | undefined {
  return /^python(\d{1,4}\.\d{1,4})$/.exec(runtime)?.[1];
}

/** Whether the function brings its own runtime: a program called `bootstrap`, unless `command` names another. */
export function bringsItsOwnRuntime(runtime: string): boolean {
  return /^provided(\.|$)/.test(runtime);
}

/** Whether livectl knows the runtime's family. */
export function isKnownRuntime(runtime: string): boolean {
  return runsByItself(runtime) || programs.test(runtime);
}

/** The runtime that was probably meant by an unknown one, e.g. `nodejs26.x` by `NodeJS26`. */
export function meantRuntime(runtime: string): string | undefined {
  const word = runtime.toLowerCase();
  const completed = [word, `${word}.x`, word.replace(/^(python|ruby)(\d)(\d+)$/, '$1$2.$3')];
  return completed.find(isKnownRuntime) ?? closest(word, exampleRuntimes);
}

/** Why a function of this runtime needs a `command`; undefined if livectl can run it. */
export function whyCommandIsNeeded(runtime: string): string | undefined {
  if (runsByItself(runtime)) return undefined;
  return `is required for ${runtime}: name the program that runs the function, e.g. its Lambda runtime interface client`;
}

function runsByItself(runtime: string): boolean {
  return (
    nodeMajor(runtime) !== undefined || pythonVersion(runtime) !== undefined || bringsItsOwnRuntime(runtime)
  );
}
