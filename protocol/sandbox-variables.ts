// Which environment variables of a Lambda instance are Lambda's and which are ours; all others belong to the function.

const sandboxVariables =
  /^(_|_AWS_XRAY_DAEMON_(ADDRESS|PORT)|_HANDLER|_LAMBDA_TELEMETRY_LOG_FD|_X_AMZN_TRACE_ID|AWS_(CONTAINER_(AUTHORIZATION_TOKEN|CREDENTIALS_(FULL|RELATIVE)_URI)|EXECUTION_ENV|LAMBDA_(EXEC_WRAPPER|METADATA_(API|TOKEN)|RUNTIME_API)|XRAY_DAEMON_ADDRESS)|LAMBDA_(RUNTIME_DIR|TASK_ROOT)|(OLD)?PWD|SHLVL)$/;

/** Whether a sandbox sets the variable to a path, an address or an id that is meaningless or misleading elsewhere. */
export function isSandboxVariable(name: string): boolean {
  return sandboxVariables.test(name);
}

/** Whether a sandbox sets it but a function may set its own value; from inside, the two look the same. */
export function isSandboxPath(name: string): boolean {
  return /^(HOME|LD_LIBRARY_PATH|NODE_PATH|PATH)$/.test(name);
}

/** Holds the function's NODE_OPTIONS while live, so that Node.js starts the stub without what they load. */
export const nodeOptionsVariable = 'LIVE_DEBUG_NODE_OPTIONS';

const defaults: Readonly<Record<string, string>> = { TZ: ':UTC', LANG: 'en_US.UTF-8' };

/** Whether Lambda sets this value if a function sets none. */
export function isLambdaDefault(name: string, value: string): boolean {
  // Lambda's Node runtimes point this at a bundle of their own certificates.
  if (name === 'NODE_EXTRA_CA_CERTS') return value.startsWith('/var/runtime/');
  return defaults[name] === value;
}

/** Whether the variable is a setting of the stub or of livectl. */
export function isOwnSetting(name: string): boolean {
  return /^(LIVE_DEBUG|LIVECTL)_/.test(name);
}
