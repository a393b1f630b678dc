// What Terraform marks as sensitive in a state or a plan: such values reach no file, wherever else in the state they are.
import { isObject, list, type TerraformResource } from './terraform-json.ts';

/** Shorter texts are no secrets, and are parts of many values. */
const shortestSecret = 6;
const shortestPart = 12;
const mostSecrets = 2000;

/** Whether a text is a value that is sensitive somewhere in the state, or has one in it. */
export function sensitiveTexts(resources: readonly TerraformResource[]): (text: string) => boolean {
  const secrets = new Set<string>();
  for (const { sensitive, values } of resources) collect(values, sensitive, secrets);
  const parts = [...secrets].filter((each) => each.length >= shortestPart);
  return (text) => secrets.has(text) || parts.some((part) => text.includes(part));
}

/** Without attributes that are sensitive. Of a function's variables the values stay: {@link isSensitiveVariable}. */
export function withoutSensitive(resource: TerraformResource): TerraformResource {
  const { sensitive, type, values } = resource;
  if (Object.keys(sensitive).length === 0) return resource;
  const open = withoutMarked(values, sensitive);
  const its = isObject(open) ? open : {};
  return {
    ...resource,
    values: type === 'aws_lambda_function' ? { ...its, environment: values.environment } : its,
  };
}

/** A mark is on a variable, or on anything around it. */
export function isSensitiveVariable({ sensitive }: TerraformResource, name: string): boolean {
  const { environment } = sensitive;
  if (environment === true || (Array.isArray(environment) && environment[0] === true)) return true;
  const [marks] = list(environment);
  const variables = marks?.variables;
  return variables === true || (isObject(variables) && variables[name] === true);
}

/** Marks have the form of the value, with `true` in the place of what is sensitive; undefined stands for that then. */
function withoutMarked(value: unknown, mark: unknown): unknown {
  if (mark === true) return undefined;
  if (Array.isArray(value) && Array.isArray(mark))
    return value.map((each, at) => withoutMarked(each, mark[at])).filter((each) => each !== undefined);
  if (!isObject(value) || !isObject(mark)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, withoutMarked(each, mark[name])]),
  );
}

function collect(value: unknown, mark: unknown, secrets: Set<string>): void {
  if (mark === undefined || mark === false || secrets.size >= mostSecrets) return;
  if (typeof value === 'string') {
    if (mark === true && value.length >= shortestSecret) secrets.add(value);
  } else if (Array.isArray(value)) {
    for (const [at, each] of value.entries())
      collect(each, mark === true ? true : Array.isArray(mark) ? mark[at] : undefined, secrets);
  } else if (isObject(value))
    for (const [name, each] of Object.entries(value))
      collect(each, mark === true ? true : isObject(mark) ? mark[name] : undefined, secrets);
}
