// The AWS runtime identifiers that the manifest knows.

/**
 * Identifiers of AWS's list of supported runtimes, and of deprecated ones that deployed functions still use.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
 */
export const runtimes = [
  'nodejs18.x',
  'nodejs20.x',
  'nodejs22.x',
  'nodejs24.x',
  'python3.9',
  'python3.10',
  'python3.11',
  'python3.12',
  'python3.13',
  'python3.14',
  'provided.al2023',
  'provided.al2',
  'java8.al2',
  'java11',
  'java17',
  'java21',
  'java25',
  'ruby3.2',
  'ruby3.3',
  'ruby3.4',
  'dotnet8',
  'dotnet10',
] as const;

/** The major version of a Node runtime (`nodejs22.x` gives 22); undefined for every other runtime. */
export function nodeMajor(runtime: string): number | undefined {
  const match = /^nodejs(\d+)\.x$/.exec(runtime);
  return match ? Number(match[1]) : undefined;
}

/** The version of a Python runtime (`python3.13` gives `3.13`); undefined for every other runtime. */
export function pythonVersion(runtime: string): string | undefined {
  return /^python(3\.\d+)$/.exec(runtime)?.[1];
}

/** Whether the function brings its own runtime: a program called `bootstrap`, unless `command` names another. */
export function bringsItsOwnRuntime(runtime: string): boolean {
  return runtime.startsWith('provided.');
}

/** Why a function of this runtime can't do without a `command`; undefined where livectl knows how to run it. */
export function whyCommandIsNeeded(runtime: string): string | undefined {
  const isKnown = nodeMajor(runtime) !== undefined || pythonVersion(runtime) !== undefined;
  if (isKnown || bringsItsOwnRuntime(runtime)) return undefined;
  return `is required for ${runtime}: name the program that runs the function, e.g. its Lambda runtime interface client`;
}
