// Settings of a function from a template: which variables may be written to livectl.json, and values that are known here.
import { environmentSecrets } from '../recordings/mask/environment-secrets.ts';
import { isSecretName } from '../recordings/mask/secret-names.ts';
import { isSetByLambda } from '../session/variables/sent-variables.ts';

/** A value that only a deployment knows. */
export const unknownValue = Symbol('only known on AWS');

/** Lambda takes 4 KB for all variables of a function. */
const longestValue = 4096;

/** `unknown` is a variable that only a deployment knows: it is left out like one that looks secret. */
export function variablesToWrite(variables: Readonly<Record<string, unknown>>) {
  const kept: Record<string, string> = {};
  const leftOut: string[] = [];
  for (const [name, value] of Object.entries(variables)) {
    if (!/^[a-zA-Z][a-zA-Z0-9_]{1,255}$/.test(name) || isSetByLambda(name)) continue;
    const text = textOf(value);
    const isKept =
      text !== undefined &&
      text.length <= longestValue &&
      !isSecretName(name) &&
      environmentSecrets({ [name]: text }).length === 0;
    if (isKept) kept[name] = text;
    else if (value !== undefined && value !== null) leftOut.push(name);
  }
  return { kept, leftOut };
}

/** Text, and what Lambda takes as text. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

/** A number, or text of one; undefined for everything else. */
export function numberOf(value: unknown): number | undefined {
  const text = textOf(value);
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}

export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Without fields that are undefined. */
export function defined(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** JSON text of what livectl.json takes as such, if nothing in it is unknown. */
export function jsonOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return isRecord(value) && isKnown(value) ? JSON.stringify(value) : undefined;
}

function isKnown(value: unknown): boolean {
  if (value === unknownValue) return false;
  return typeof value !== 'object' || value === null || Object.values(value).every(isKnown);
}

/** `http` of livectl.json; undefined where the path or the method is only known on AWS. */
export function routeOf(path: unknown, method: unknown): Record<string, unknown> | undefined {
  if (path === unknownValue || method === unknownValue) return undefined;
  const verb = (textOf(method) ?? 'ANY').toUpperCase().replace('*', 'ANY');
  const place = textOf(path);
  if (place === undefined || place === '*' || place === '$default') return {};
  const written = place.startsWith('/') ? place : `/${place}`;
  return {
    path: written,
    ...(verb === 'ANY' || verb === 'X-AMAZON-APIGATEWAY-ANY-METHOD' ? {} : { method: verb }),
  };
}

/** A batch of a queue or a stream. */
export function batchOf(size: unknown, responseTypes: unknown): Record<string, unknown> {
  return defined({
    batch_size: numberOf(size),
    function_response_types: textsOf(responseTypes).includes('ReportBatchItemFailures')
      ? ['ReportBatchItemFailures']
      : undefined,
  });
}
