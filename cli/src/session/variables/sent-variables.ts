// [4] Separates a message's variables: the role's credentials, what Lambda itself sets, and what is claimed to be the
// function's own.
import {
  isLambdaDefault,
  isOwnSetting,
  isSandboxPath,
  isSandboxVariable,
  nodeOptionsVariable,
} from '../../../../protocol/sandbox-variables.ts';
import { wrapperScript } from '../../manifest/wrap-settings.ts';

export type Variables = Readonly<Record<string, string>>;

/** The names that Lambda accepts: https://docs.aws.amazon.com/lambda/latest/api/API_Environment.html */
const nameForm = /^[a-zA-Z][a-zA-Z0-9_]{1,255}$/;

/** Maximum size of a function's variables; https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const maxOwnBytes = 4096;

/** Printable ASCII without spaces. Session tokens have no documented length; those seen are below 2 KB. */
const credentialForms: Readonly<Record<string, RegExp>> = {
  AWS_ACCESS_KEY_ID: /^[\x21-\x7e]{1,256}$/,
  AWS_SECRET_ACCESS_KEY: /^[\x21-\x7e]{1,256}$/,
  AWS_SESSION_TOKEN: /^[\x21-\x7e]{1,16384}$/,
};

/**
 * What Lambda sets besides the credentials and a message may carry, each with the only accepted form. The Region is the
 * stage's own and never taken from a message.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
const lambdaForms: Readonly<Record<string, RegExp>> = {
  AWS_LAMBDA_FUNCTION_NAME: /^[a-zA-Z0-9_-]{1,140}$/,
  AWS_LAMBDA_FUNCTION_VERSION: /^(\$LATEST(\.PUBLISHED)?|[0-9]{1,20})$/,
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: /^[0-9]{1,6}$/,
  AWS_LAMBDA_INITIALIZATION_TYPE: /^[a-z-]{1,40}$/,
  AWS_LAMBDA_LOG_GROUP_NAME: /^[a-zA-Z0-9_./#-]{1,512}$/,
  AWS_LAMBDA_LOG_STREAM_NAME: /^[a-zA-Z0-9_./#$[\]-]{1,512}$/,
  AWS_LAMBDA_LOG_FORMAT: /^(Text|JSON)$/i,
  AWS_LAMBDA_LOG_LEVEL: /^(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)$/i,
  AWS_XRAY_CONTEXT_MISSING: /^(LOG_ERROR|RUNTIME_ERROR|IGNORE_ERROR)$/,
};

/** Set by Lambda or its runtimes in some functions, beyond those in every sandbox. */
const lambdaNames =
  /^(AWS_(LAMBDA_.*|ACCESS_KEY(_ID)?|SECRET_(ACCESS_)?KEY|SESSION_TOKEN|SECURITY_TOKEN|REGION|DEFAULT_REGION|XRAY_CONTEXT_MISSING|CONTAINER_.*)|LAMBDA_.*|NODE_CHANNEL_.*|PYTHONPATH|GEM_PATH|RUBYLIB)$/;

/** The role's credentials in a message: all of them, or none if one does not have a credential's form. */
export function sentCredentials(sent: Variables): Variables {
  return formed(sent, credentialForms) ?? {};
}

/** Whether Lambda, or livectl in its place, sets a variable, so that nothing else may. */
export function isSetByLambda(name: string): boolean {
  if (isSandboxVariable(name) || isOwnSetting(name)) return true;
  // A function may set a language's own paths.
  return lambdaNames.test(name) && /^(AWS|LAMBDA)_/.test(name);
}

/** What Lambda sets: known names only, without values of another form than Lambda's. `region` is the stage's. */
export function sentByLambda(sent: Variables, region: string): Variables {
  const taken: Record<string, string> = { AWS_REGION: region, AWS_DEFAULT_REGION: region };
  for (const [name, form] of Object.entries(lambdaForms)) {
    const value = own(sent, name);
    if (value !== undefined && form.test(value)) taken[name] = value;
  }
  return taken;
}

/**
 * The function's own variables as configured, without the settings of the stub or the wrapper. What these have put under
 * another name, `NODE_OPTIONS` and the function's own wrapper script, has its own name again.
 */
export function configuredVariables(configured: Variables): Variables {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(configured)) {
    if (nameForm.test(name) && !isOwnSetting(name)) kept[name] = value;
  }
  const options = own(configured, nodeOptionsVariable);
  if (options !== undefined) kept.NODE_OPTIONS = options;
  if (kept.AWS_LAMBDA_EXEC_WRAPPER === wrapperScript) delete kept.AWS_LAMBDA_EXEC_WRAPPER;
  const chained = own(configured, 'LIVE_DEBUG_EXEC_WRAPPER');
  if (chained !== undefined) kept.AWS_LAMBDA_EXEC_WRAPPER = chained;
  return kept;
}

/**
 * The variables that only the function itself can have set, so that a message and a configuration can be compared: variables
 * that Lambda may have set are left out of both.
 */
export function comparable(variables: Variables): Map<string, string> {
  const counted = new Map<string, string>();
  for (const [name, value] of Object.entries(variables)) {
    if (!nameForm.test(name) || isOwnSetting(name) || isLambdaDefault(name, value)) continue;
    if (!isSandboxVariable(name) && !isSandboxPath(name) && !lambdaNames.test(name)) counted.set(name, value);
  }
  return counted;
}

/** What a message claims to be the function's own; undefined above the 4 KB that a function can have, which no stub sends. */
export function claimedVariables(sent: Variables): Map<string, string> | undefined {
  const claimed = comparable(sent);
  let bytes = 0;
  for (const [name, value] of claimed) bytes += name.length + Buffer.byteLength(value);
  return bytes > maxOwnBytes ? undefined : claimed;
}

/** All of the names with a value of the right form; undefined if one is missing or has another form. */
function formed(sent: Variables, forms: Readonly<Record<string, RegExp>>): Variables | undefined {
  const taken: Record<string, string> = {};
  for (const [name, form] of Object.entries(forms)) {
    const value = own(sent, name);
    if (value === undefined) continue;
    if (!form.test(value)) return undefined;
    taken[name] = value;
  }
  return taken;
}

function own(variables: Variables, name: string): string | undefined {
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}
