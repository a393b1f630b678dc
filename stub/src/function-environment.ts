// [1] Which of the stub's environment variables belong to the function and travel with an invocation.

/** Of this sandbox alone: paths and addresses that mean nothing, or mislead, on another machine. */
const sandboxOnly = new Set([
  '_AWS_XRAY_DAEMON_ADDRESS',
  '_AWS_XRAY_DAEMON_PORT',
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_LAMBDA_METADATA_API',
  'AWS_LAMBDA_METADATA_TOKEN',
  'AWS_LAMBDA_EXEC_WRAPPER',
  'AWS_XRAY_DAEMON_ADDRESS',
  'HOME',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
  'LD_LIBRARY_PATH',
  'NODE_PATH',
  'PATH',
  'PWD',
  'SHLVL',
  '_',
]);

/** What Lambda sets where the function doesn't. */
const defaults: Readonly<Record<string, string>> = { TZ: ':UTC', LANG: 'en_US.UTF-8' };

/** Under this name, so that it is not the stub that starts with them: packages they name are the function's. */
const nodeOptions = 'LIVE_DEBUG_NODE_OPTIONS';

/**
 * The function's variables, its role's credentials and what Lambda reserves (names, Region, memory), without
 * the stub's own `LIVE_DEBUG_*` and what only means something inside this sandbox.
 */
export function functionEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const sent: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || sandboxOnly.has(name) || defaults[name] === value) continue;
    if (name.startsWith('LIVE_DEBUG_') || name.startsWith('LIVECTL_')) continue;
    // Lambda's Node runtimes point this at a bundle of their own.
    if (name === 'NODE_EXTRA_CA_CERTS' && value.startsWith('/var/runtime/')) continue;
    sent[name] = value;
  }
  const options = environment[nodeOptions];
  if (options !== undefined) sent.NODE_OPTIONS = options;
  return sent;
}
