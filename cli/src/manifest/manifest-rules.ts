// The rules of livectl.json that need more than one field at a time, or a sentence of their own.

import type { FunctionText } from './manifest-schema.ts';
import type { Mistake } from './mistakes.ts';
import { jsonPath } from './mistakes.ts';
import { pythonVersion } from './runtimes.ts';
import { checkSharedTriggers, checkTriggers } from './trigger-rules.ts';

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

/** All environment variables of a function together, in bytes. Source: the same page. */
const environmentLimit = 4096;

type FunctionTexts = Readonly<Record<string, FunctionText>>;

/** Everything the schema can't say. */
export function brokenRules(functions: FunctionTexts): Mistake[] {
  const shared: Mistake[] = [];
  checkSharedTriggers(functions, (name, keys, text) =>
    shared.push({ path: jsonPath(['functions', name, 'triggers', ...keys]), text }),
  );
  return [
    ...Object.entries(functions).flatMap(([name, settings]) => brokenFunctionRules(name, settings)),
    ...sharedRoutes(functions),
    ...shared,
  ];
}

function brokenFunctionRules(name: string, settings: FunctionText): Mistake[] {
  const mistakes: Mistake[] = [];
  const mistake = (keys: readonly string[], text: string) =>
    mistakes.push({ path: jsonPath(['functions', name, ...keys]), text });

  if (settings.python !== undefined) {
    if (pythonVersion(settings.runtime) === undefined) mistake(['python'], `is not for ${settings.runtime}`);
    else if (settings.command !== undefined) mistake(['python'], 'is not used where there is a command');
  }
  for (const field of ['build', 'command'] as const) {
    if (settings[field]?.[0] === '') mistake([field], 'must name a program');
  }

  let bytes = 0;
  for (const [variable, value] of Object.entries(settings.environment)) {
    bytes += Buffer.byteLength(variable) + Buffer.byteLength(value);
    if (reservedVariables.has(variable))
      mistake(['environment', variable], 'is reserved by Lambda, which sets it itself');
  }
  if (bytes > environmentLimit) {
    mistake(
      ['environment'],
      `holds ${bytes} bytes; Lambda allows ${environmentLimit} for all variables together`,
    );
  }

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
  checkTriggers(settings.triggers, (keys, words) => mistake(['triggers', ...keys], words));
  return mistakes;
}

/** What is wrong with an HTTP API path: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html */
function pathFault(path: string): string | undefined {
  const segments = path.split('/').slice(1);
  if (path !== '/' && segments.includes('')) return 'has an empty segment';
  const names = new Set<string>();
  for (const [index, segment] of segments.entries()) {
    const parameter = /^\{([\w.-]+)(\+?)\}$/.exec(segment);
    if (!parameter) {
      if (/[{}]/.test(segment)) return 'must have parameters that fill a segment, as {id} or {proxy+}';
      if (/[?#\s]/.test(segment)) return 'must be a path only, without spaces, ? or #';
      continue;
    }
    const [, parameterName = '', greedy] = parameter;
    if (greedy && index < segments.length - 1) return `must have {${parameterName}+} as its last segment`;
    if (names.has(parameterName)) return `has {${parameterName}} twice`;
    names.add(parameterName);
  }
  return undefined;
}

/** Two functions on one route: API Gateway refuses the second one. */
function sharedRoutes(functions: FunctionTexts): Mistake[] {
  const mistakes: Mistake[] = [];
  const owners = new Map<string, string>();
  for (const [name, { triggers }] of Object.entries(functions)) {
    if (triggers.http?.path === undefined) continue;
    const route = `${triggers.http.method} ${triggers.http.path}`;
    // Parameters take part in a route by their place, not by their name.
    const key = route.replace(/\{[^}+]*/g, '{');
    const owner = owners.get(key);
    if (owner === undefined) owners.set(key, name);
    else {
      const path = jsonPath(['functions', name, 'triggers', 'http', 'path']);
      mistakes.push({ path, text: `${route} is already the route of ${JSON.stringify(owner)}` });
    }
  }
  return mistakes;
}
