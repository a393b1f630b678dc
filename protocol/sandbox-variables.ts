// Which environment variables of a Lambda instance are Lambda's and which are ours; all others are the function's.

/** Set in every sandbox: paths, addresses and ids that mean nothing, or mislead, anywhere else. */
export const sandboxVariables: ReadonlySet<string> = new Set([
  '_',
  '_AWS_XRAY_DAEMON_ADDRESS',
  '_AWS_XRAY_DAEMON_PORT',
  '_HANDLER',
  '_LAMBDA_TELEMETRY_LOG_FD',
  '_X_AMZN_TRACE_ID',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_EXEC_WRAPPER',
  'AWS_LAMBDA_METADATA_API',
  'AWS_LAMBDA_METADATA_TOKEN',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_XRAY_DAEMON_ADDRESS',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
  'OLDPWD',
  'PWD',
  'SHLVL',
]);

/** Set in every sandbox, too, but a function may set its own: from within, the two look the same. */
export const sandboxPaths: ReadonlySet<string> = new Set(['HOME', 'LD_LIBRARY_PATH', 'NODE_PATH', 'PATH']);

/** Under this name while live, so that Node.js starts the stub without what the function's options load. */
export const nodeOptionsVariable = 'LIVE_DEBUG_NODE_OPTIONS';

const defaults: Readonly<Record<string, string>> = { TZ: ':UTC', LANG: 'en_US.UTF-8' };

/** Whether Lambda sets this value where a function sets none. */
export function isLambdaDefault(name: string, value: string): boolean {
  // Lambda's Node runtimes point this at a bundle of their own.
  if (name === 'NODE_EXTRA_CA_CERTS') return value.startsWith('/var/runtime/');
  return defaults[name] === value;
}

/** Whether the variable is a setting of the stub or of livectl. */
export function isOwnSetting(name: string): boolean {
  return /^(LIVE_DEBUG|LIVECTL)_/.test(name);
}
