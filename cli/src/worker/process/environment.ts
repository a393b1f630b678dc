// [5] The environment a worker gets: a clean base of this machine, the function's own variables, and Lambda's.
import { existsSync } from 'node:fs';
import { devNull } from 'node:os';
import { isOwnSetting, isSandboxVariable } from '../../../../protocol/sandbox-variables.ts';
import { nodeMajor } from '../../manifest/runtimes.ts';
import type { FunctionCode } from '../contract.ts';
import type { RoleCredentials } from '../runtime-api/credentials-endpoint.ts';
import { builtHandlers } from './built-handlers.ts';
import { disabledNodeFeatures } from './disabled-node-features.ts';
import { networkFor, proxy } from './machine-network.ts';
import { pathLists } from './path-lists.ts';
import { optionsWithLayers } from './sandbox-paths.ts';

type Variables = Readonly<Record<string, string>>;

/**
 * What a program needs of the machine it runs on, where the function sets nothing else. Nothing else of the developer's
 * shell gets through, its language neither: Lambda has one of its own.
 */
const machineNames = new Set([
  ...['PATH', 'HOME', 'TMPDIR', 'TMP', 'TEMP', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'COLORTERM'],
  ...[
    'SYSTEMROOT',
    'SYSTEMDRIVE',
    'WINDIR',
    'COMSPEC',
    'PATHEXT',
    'USERPROFILE',
    'USERNAME',
    'HOMEDRIVE',
    'HOMEPATH',
  ],
  ...[
    'APPDATA',
    'LOCALAPPDATA',
    'PROGRAMDATA',
    'PROGRAMFILES',
    'NUMBER_OF_PROCESSORS',
    'PROCESSOR_ARCHITECTURE',
  ],
]);

/**
 * Without credentials from the stub an SDK would search on: ~/.aws with the developer's own profile, then the metadata
 * service. A handler that runs with the wrong identity is worse than one that fails, so these searches come up empty.
 * A function that sets one of these itself keeps its value.
 */
const noFallback: Variables = {
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
};

/** The part of this machine's environment that every worker gets. */
export function machineEnvironment(own: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined && isMachineName(name)) kept[name] = value;
  }
  return kept;
}

/** Where glibc keeps the locales that are installed beside C and C.UTF-8. */
const localePlaces = ['/usr/lib/locale/locale-archive', '/usr/lib/locale/en_US.utf8'];
let hasLocales: boolean | undefined;

/**
 * What Lambda has where a function says nothing else: its clock is UTC, the colon included, its locale `en_US.UTF-8`. A
 * machine without that locale would fall back to ASCII in C programs, Ruby and Java; Node.js brings its own.
 */
export function lambdaDefaults(runtime: string): Variables {
  hasLocales ??= process.platform !== 'linux' || localePlaces.some((place) => existsSync(place));
  return {
    TZ: ':UTC',
    LANG: hasLocales || nodeMajor(runtime) !== undefined ? 'en_US.UTF-8' : 'C.UTF-8',
  };
}

/**
 * All a function sees beyond the machine's part: `given`, its own variables and credentials, and what Lambda adds. The
 * caller adds `AWS_LAMBDA_RUNTIME_API`. `network` are this machine's proxies and authorities, `path` is its `PATH`.
 */
export function functionEnvironment(
  code: FunctionCode,
  given: Variables,
  network: Variables = {},
  path: string = process.env.PATH ?? '',
): Record<string, string> {
  const variables: Record<string, string> = {
    ...noFallback,
    ...lambdaDefaults(code.runtime),
    ...networkFor(given, network),
    AWS_LAMBDA_FUNCTION_NAME: code.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  };
  for (const [name, value] of Object.entries(given)) {
    if (!isSandboxVariable(name) && !isOwnSetting(name)) variables[name] = value;
  }
  return {
    ...variables,
    ...pathLists(code, given, path),
    LAMBDA_TASK_ROOT: code.taskRoot,
    _HANDLER: code.handler,
    ...builtHandlers(code, variables),
    ...(variables.NODE_OPTIONS && {
      NODE_OPTIONS: optionsWithLayers(variables.NODE_OPTIONS, code.layers ?? []),
    }),
    AWS_EXECUTION_ENV: `AWS_Lambda_${code.runtime}`,
  };
}

/** A function's environment for one invocation, worked out only where it differs from what a worker has already. */
export class FunctionEnvironment {
  readonly #code: FunctionCode;
  readonly #given: Variables;
  readonly #network: Variables;
  #variables: Variables | undefined;

  /** `network` are this machine's proxies and authorities, as far as functions get them. */
  constructor(code: FunctionCode, given: Variables, network: Variables) {
    this.#code = code;
    this.#given = given;
    this.#network = network;
  }

  get variables(): Variables {
    this.#variables ??= functionEnvironment(this.#code, this.#given, this.#network);
    return this.#variables;
  }

  equals(other: FunctionEnvironment): boolean {
    return this.#code === other.#code && sameVariables(this.#given, other.#given);
  }
}

/** The variables that SDKs take credentials from, the older names of some included; they go before all other places. */
const credentialNames = new Set([
  ...['AWS_ACCESS_KEY_ID', 'AWS_ACCESS_KEY', 'AWS_SECRET_ACCESS_KEY', 'AWS_SECRET_KEY'],
  ...['AWS_SESSION_TOKEN', 'AWS_SECURITY_TOKEN'],
]);

/** Splits the credentials from a function's variables; all stay where they are when there are none. */
export function withoutCredentials(variables: Variables): {
  readonly credentials: RoleCredentials | undefined;
  readonly others: Variables;
} {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = variables;
  if (!accessKeyId || !secretAccessKey) return { credentials: undefined, others: variables };
  const others = Object.entries(variables).filter(([name]) => !credentialNames.has(name));
  const credentials = { accessKeyId, secretAccessKey, sessionToken: variables.AWS_SESSION_TOKEN };
  return { credentials, others: Object.fromEntries(others) };
}

const startupNames =
  /^(NODE_|DENO_|PYTHON|UV_|LD_|DYLD_|MALLOC_|OPENSSL_|SSL_CERT_|ICU_|LC_|(TZ|LANG|LANGUAGE|HOME)$)/;

/**
 * The variables that a process reads only while it starts, so that setting them later has no effect, e.g.
 * `NODE_OPTIONS`, `NODE_EXTRA_CA_CERTS`, `PYTHONHASHSEED`, `TZ`. With `NODE_OPTIONS` the task root and the handler are two of
 * them: what they import is looked for from where the process starts, and tracers put theirs in the handler's place. What Lambda's runtime switches off comes before them.
 */
export function startupVariables(variables: Variables): Record<string, string> {
  // https://nodejs.org/api/cli.html#node_use_env_proxy1: read at the start, too.
  const hasProxy = variables.NODE_USE_ENV_PROXY !== undefined;
  const names = Object.keys(variables).filter(
    (name) => startupNames.test(name) || (hasProxy && proxy.test(name)),
  );
  const forPreloaded = ['LAMBDA_TASK_ROOT', '_HANDLER'].filter((name) => variables[name] !== undefined);
  if (names.includes('NODE_OPTIONS')) names.push(...forPreloaded);
  const startup = Object.fromEntries(names.map((name) => [name, variables[name] ?? '']));
  const disabled = disabledNodeFeatures(variables.AWS_EXECUTION_ENV);
  if (disabled !== '') startup.NODE_OPTIONS = `${disabled} ${startup.NODE_OPTIONS ?? ''}`.trimEnd();
  return startup;
}

export function sameVariables(one: Variables, other: Variables): boolean {
  if (one === other) return true;
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every((name) => one[name] === other[name]);
}

function isMachineName(name: string): boolean {
  // Windows compares names without regard to case, e.g. `Path`.
  const compared = process.platform === 'win32' ? name.toUpperCase() : name;
  return machineNames.has(compared);
}
