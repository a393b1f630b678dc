// [5] A worker's environment: a clean base from this machine, the function's own variables, and Lambda's.
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
 * What a program needs of the machine it runs on, unless the function sets it. Nothing else of the developer's shell is passed
 * on, not even its locale, since Lambda has one of its own.
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
 * Without credentials from the stub, an SDK would search on: ~/.aws with the developer's own profile, then the metadata service.
 * A handler that runs with the wrong identity is worse than one that fails, so these searches find nothing. A function that
 * sets one of these itself keeps its value.
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

/** Where glibc keeps installed locales besides C and C.UTF-8. */
const localePlaces = ['/usr/lib/locale/locale-archive', '/usr/lib/locale/en_US.utf8'];
let hasLocales: boolean | undefined;

/**
 * Lambda's defaults: its time zone is UTC (written with a colon), its locale `en_US.UTF-8`. Without that locale, C programs,
 * Ruby and Java would fall back to ASCII; Node.js brings its own.
 */
export function lambdaDefaults(runtime: string): Variables {
  hasLocales ??= process.platform !== 'linux' || localePlaces.some((place) => existsSync(place));
  return {
    TZ: ':UTC',
    LANG: hasLocales || nodeMajor(runtime) !== undefined ? 'en_US.UTF-8' : 'C.UTF-8',
  };
}

/**
 * A function's full environment beyond the machine's part: `given`, its own variables and credentials, and what Lambda adds. The
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

/** A function's environment for one invocation, computed only if it differs from what a worker already has. */
export class FunctionEnvironment {
  readonly #code: FunctionCode;
  readonly #given: Variables;
  readonly #network: Variables;
  readonly #tunnel: string | undefined;
  #variables: Variables | undefined;

  /**
   * `network` are this machine's proxies and authorities, as far as functions use them; `tunnel` is the value of
   * LIVECTL_TUNNEL, if the function has a tunnel.
   */
  constructor(code: FunctionCode, given: Variables, network: Variables, tunnel: string | undefined) {
    this.#code = code;
    this.#given = given;
    this.#network = network;
    this.#tunnel = tunnel;
  }

  get variables(): Variables {
    this.#variables ??= {
      ...functionEnvironment(this.#code, this.#given, this.#network),
      ...(this.#tunnel !== undefined && { LIVECTL_TUNNEL: this.#tunnel }),
    };
    return this.#variables;
  }

  equals(other: FunctionEnvironment): boolean {
    const isSame = this.#code === other.#code && this.#tunnel === other.#tunnel;
    return isSame && sameVariables(this.#given, other.#given);
  }
}

/** The variables from which SDKs take credentials, including older names; they take precedence over all other sources. */
const credentialNames = new Set([
  ...['AWS_ACCESS_KEY_ID', 'AWS_ACCESS_KEY', 'AWS_SECRET_ACCESS_KEY', 'AWS_SECRET_KEY'],
  ...['AWS_SESSION_TOKEN', 'AWS_SECURITY_TOKEN'],
]);

/** Separates the credentials from a function's variables; if there are none, everything stays. */
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
 * The variables that a process reads only at its start, so that setting them later has no effect, e.g. `NODE_OPTIONS`,
 * `NODE_EXTRA_CA_CERTS`, `PYTHONHASHSEED`, `TZ`. With `NODE_OPTIONS` the task root and the handler are among them: what it loads
 * is resolved from where the process starts, and tracers replace the handler. Options that Lambda's runtime disables come first.
 */
export function startupVariables(variables: Variables): Record<string, string> {
  // https://nodejs.org/api/cli.html#node_use_env_proxy1: also read at the start.
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
  // Windows compares names case-insensitively, e.g. `Path`.
  const compared = process.platform === 'win32' ? name.toUpperCase() : name;
  return machineNames.has(compared);
}
