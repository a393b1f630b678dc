// Rules of livectl.json that involve more than one field, or need their own message.
import { nodeOptionsVariable } from '../../../protocol/sandbox-variables.ts';
import { functionNameOf, type Naming } from './derived-names.ts';
import type { FunctionText } from './manifest-schema.ts';
import type { Mistake } from './mistakes.ts';
import { jsonPath } from './mistakes.ts';
import { brokenNameRules } from './name-rules.ts';
import { partialFailureArns, partialFailuresVariable } from './partial-failures.ts';
import { pythonVersion } from './runtimes.ts';
import { checkTriggers } from './trigger-rules.ts';
import { checkWrap } from './wrap-rules.ts';
import { stubBeside, wrapSettings, wrapVariables } from './wrap-settings.ts';

/** Lambda refuses a function that sets one of these: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const reservedVariables = new Set([
  'AWS_DEFAULT_REGION',
  'AWS_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'LAMBDA_TASK_ROOT',
  'LAMBDA_RUNTIME_DIR',
]);

/**
 * The maximum size of a function's environment variables, in bytes of the JSON text that Lambda measures ("String measured" in
 * its error). Source: the same page.
 */
const environmentLimit = 4096;

/** Maximum length of the relay's address, in characters. */
const longestRelayUrl = 72;

/** Length of the stage's secret in base64, in characters. */
const secretLength = 44;

/** The module's default `timeout_margin`, in seconds. */
const timeoutMargin = 5;

type FunctionTexts = Readonly<Record<string, FunctionText>>;

/** Everything that the schema cannot express. */
export function brokenRules(functions: FunctionTexts, naming: Naming): Mistake[] {
  return [
    ...Object.entries(functions).flatMap(([name, settings]) => brokenFunctionRules(name, settings, naming)),
    ...brokenNameRules(functions, naming),
  ];
}

function brokenFunctionRules(name: string, settings: FunctionText, naming: Naming): Mistake[] {
  const mistakes: Mistake[] = [];
  const mistake = (keys: readonly string[], text: string) =>
    mistakes.push({ path: jsonPath(['functions', name, ...keys]), text });

  if (settings.python !== undefined) {
    if (pythonVersion(settings.runtime) === undefined)
      mistake(['python'], `is only for a Python runtime, not ${settings.runtime}`);
    else if (settings.command !== undefined) mistake(['python'], 'is not used with a command: leave one out');
  }
  if (settings.durable_config !== undefined && settings.create === true)
    mistake(
      ['durable_config'],
      'is for functions of your own: Lambda makes a function durable when it is created, so write create false and put the stub into that aws_lambda_function',
    );
  checkQualifier(settings, mistake);
  for (const field of ['build', 'command'] as const) {
    if (settings[field]?.[0] === '') mistake([field], 'must name a program');
  }

  for (const variable of Object.keys(settings.environment)) {
    if (reservedVariables.has(variable))
      mistake(['environment', variable], 'is reserved for Lambda, which sets it itself');
    if (variable.startsWith('LIVE_DEBUG_'))
      mistake(['environment', variable], 'must not begin with LIVE_DEBUG_, which is reserved for the stub');
  }
  const bytes = Buffer.byteLength(JSON.stringify(variablesWithStub(name, settings, naming)));
  if (bytes > environmentLimit) {
    mistake(
      ['environment'],
      `has ${bytes} bytes as JSON, including the variables of the stub, and Lambda allows ${environmentLimit}`,
    );
  }
  const { esbuild, fallback_arn, policy_json, role, role_key, vpc_config } = settings;
  if (role_key !== undefined && role === undefined)
    mistake(['role_key'], 'needs role: write the role as well, or leave role_key out');
  for (const field of ['inject', 'entry_points'] as const) {
    for (const [index, file] of (esbuild?.[field] ?? []).entries()) {
      if (!isRelative(file)) mistakes.push(absolute(['esbuild', field, index], file));
    }
  }
  if (esbuild?.tsconfig !== undefined && !isRelative(esbuild.tsconfig))
    mistakes.push(absolute(['esbuild', 'tsconfig'], esbuild.tsconfig));
  if (policy_json !== undefined && !isPolicy(policy_json))
    mistake(['policy_json'], 'must be an IAM policy as JSON text, with a Statement');
  if (policy_json !== undefined && role !== undefined)
    mistake(
      ['policy_json'],
      'is for the role that the module creates: with role set, attach the policy to that role instead',
    );
  if (
    settings.mode !== 'wrap' &&
    fallback_arn
      ?.replace(/:\$LATEST$/, '')
      .endsWith(`:function:${functionNameOf(name, settings, naming.prefix)}`)
  )
    mistake(['fallback_arn'], 'must not be the stub itself, which would invoke itself');
  if (vpc_config?.place_stub_in_vpc && (settings.create === false || settings.mode === 'wrap'))
    mistake(['vpc_config', 'place_stub_in_vpc'], 'is only for functions that the module creates');
  checkWrap(settings, mistake);

  if (
    settings.invoke_mode === 'BUFFERED' &&
    settings.triggers.function_url?.invoke_mode === 'RESPONSE_STREAM'
  ) {
    mistake(
      ['invoke_mode'],
      'is "BUFFERED", but triggers.function_url.invoke_mode is "RESPONSE_STREAM": leave invoke_mode out',
    );
  }

  const path = settings.triggers.http?.path;
  const fault = path === undefined ? undefined : pathFault(path);
  if (fault !== undefined) mistake(['triggers', 'http', 'path'], `${JSON.stringify(path)} ${fault}`);
  // A wrapped function keeps its own timeout.
  const deployedTimeout =
    settings.mode === 'wrap' ? settings.timeout : Math.min(900, settings.timeout + timeoutMargin);
  checkTriggers(settings.triggers, deployedTimeout, (keys, words) => mistake(['triggers', ...keys], words));
  return mistakes;

  function absolute(keys: readonly (string | number)[], file: string): Mistake {
    const path = jsonPath(['functions', name, ...keys]);
    return { path, text: `${JSON.stringify(file)} must be relative to source_dir` };
  }
}

function isRelative(path: string): boolean {
  return /^([^/a-zA-Z]|[a-zA-Z]([^:]|$))/.test(path);
}

function isPolicy(text: string): boolean {
  try {
    return Object.hasOwn(Object(JSON.parse(text)), 'Statement');
  } catch {
    return false;
  }
}

/** A function's variables on AWS while it is live. */
function variablesWithStub(
  name: string,
  settings: FunctionText,
  { prefix, stage }: Naming,
): Readonly<Record<string, string>> {
  const { environment, fallback_arn, invoke_mode, partial_failure_arns, triggers } = settings;
  const wrap = wrapSettings(settings);
  // A stub must not use it itself; the runtime of a wrapped function does.
  const renamed: Readonly<Record<string, string>> = wrap ? {} : { NODE_OPTIONS: nodeOptionsVariable };
  const own = Object.entries(environment).map(([variable, value]) => [renamed[variable] ?? variable, value]);
  // The longest Region has 14 characters.
  const place = { prefix, region: ' '.repeat(14), accountId: ' '.repeat(12) };
  const partial = [...partialFailureArns(name, triggers, place), ...partial_failure_arns].join();
  const streams = [invoke_mode, triggers.function_url?.invoke_mode].includes('RESPONSE_STREAM');
  return {
    ...Object.fromEntries(own),
    LIVE_DEBUG_STAGE: stage,
    LIVE_DEBUG_FUNCTION: name,
    LIVE_DEBUG_TABLE: prefix,
    LIVE_DEBUG_RELAY: ' '.repeat(longestRelayUrl),
    LIVE_DEBUG_SECRET: ' '.repeat(secretLength),
    ...(fallback_arn === undefined ? {} : { LIVE_DEBUG_FALLBACK_ARN: fallback_arn }),
    ...(streams ? { LIVE_DEBUG_INVOKE_MODE: 'RESPONSE_STREAM' } : {}),
    ...(partial === '' ? {} : { [partialFailuresVariable]: partial }),
    ...wrapVariables(wrap, stubBeside(name, settings, prefix)),
  };
}

/** What is invalid in an HTTP API path: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html */
function pathFault(path: string): string | undefined {
  const segments = path.split('/').slice(1);
  if (path !== '/' && segments.includes('')) return 'has an empty segment';
  const names = new Set<string>();
  for (const [index, segment] of segments.entries()) {
    const parameter = /^\{([\w.-]+)(\+?)\}$/.exec(segment);
    if (!parameter) {
      if (/[{}]/.test(segment))
        return 'must have parameters that are whole segments, for example {id} or {proxy+}';
      if (/[?#\s]/.test(segment)) return 'must be a path without spaces, ? or #';
      continue;
    }
    const [, parameterName = '', greedy] = parameter;
    if (greedy && index < segments.length - 1) return `must have {${parameterName}+} as its last segment`;
    if (names.has(parameterName)) return `has the parameter {${parameterName}} twice`;
    names.add(parameterName);
  }
  return undefined;
}

function checkQualifier(
  { create, durable_config, qualifier, triggers }: FunctionText,
  mistake: (keys: readonly string[], text: string) => void,
): void {
  if (qualifier === undefined) {
    if (durable_config !== undefined && Object.values(triggers).some((trigger) => trigger !== undefined))
      mistake(
        ['qualifier'],
        'must be set for a durable function with triggers, which Lambda invokes by an alias or a version only: write an alias',
      );
    return;
  }
  if (create === true)
    mistake(['qualifier'], 'is for functions of your own: a stub that the module creates has no versions');
  else if (triggers.function_url !== undefined && /^\d+$/.test(qualifier))
    mistake(
      ['qualifier'],
      `must be an alias for triggers.function_url, not the version ${JSON.stringify(qualifier)}`,
    );
}
