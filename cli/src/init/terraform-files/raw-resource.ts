// A resource as the files have it, before what is unknown is taken out of it.
import { hasReference, isList, isObjectValue, ownOf, Unknown, type Value } from '../hcl/values.ts';
import type { TerraformResource } from '../terraform-json.ts';

export interface RawResource {
  readonly address: string;
  readonly module: string;
  readonly isData: boolean;
  readonly type: string;
  readonly name: string;
  readonly index: string | number | undefined;
  /** Arguments and blocks, the latter as lists of objects. */
  readonly attributes: ReadonlyMap<string, Value>;
  /** Where an argument is written: `main.tf:12`. */
  place(name: string): string;
}

/** Blocks that a .tf.json file may write as one object. */
const blocks = new Set([
  'default_cache_behavior',
  'environment',
  'lambda_function',
  'lambda_function_association',
  'ordered_cache_behavior',
  'source',
  'target',
  'vpc_config',
]);

/** As `terraform show -json` would have it of a plan: what is unknown is absent, and listed in `unknown`. */
export function knownResource(raw: RawResource): TerraformResource {
  const { address, attributes, index, isData, module, name, place, type } = raw;
  const values: Record<string, unknown> = {};
  const sensitive: Record<string, unknown> = {};
  const unknown = new Map<string, string>();
  for (const [key, value] of attributes) {
    if (value instanceof Unknown) {
      unknown.set(key, `${value.reason} (${place(key)})`);
      continue;
    }
    const plain = plainOf(blocks.has(key) && isObjectValue(value) ? [value] : value);
    if (plain !== undefined) values[key] = plain;
  }
  if (type === 'aws_lambda_function') {
    const of = attributes.get('environment');
    const environment = isList(of) ? of[0] : of;
    const variables = isObjectValue(environment) ? ownOf(environment, 'variables') : undefined;
    if (variables instanceof Unknown)
      unknown.set('environment', `${variables.reason} (${place('environment')})`);
    if (isObjectValue(variables)) {
      const names = Object.keys(variables);
      const isOpen = (each: string) => {
        const value = ownOf(variables, each);
        return value !== undefined && !(value instanceof Unknown) && !hasReference(value);
      };
      // Their names are of use, as those of secrets are.
      const shown = names.map((each) => [each, isOpen(each) ? textOf(ownOf(variables, each)) : ''] as const);
      values.environment = [{ variables: Object.fromEntries(shown) }];
      const marks = names.filter((each) => !isOpen(each)).map((each) => [each, true] as const);
      sensitive.environment = [{ variables: Object.fromEntries(marks) }];
    }
  }
  return { address, module, isData, type, name, index, values, sensitive, unknown };
}

function textOf(value: Value | undefined): unknown {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : plainOf(value ?? null);
}

/** Undefined if it is unknown; of lists and objects only what is known. */
function plainOf(value: Value): unknown {
  if (value instanceof Unknown) return undefined;
  if (isList(value)) return value.map(plainOf).filter((each) => each !== undefined);
  if (!isObjectValue(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .map((name) => [name, plainOf(ownOf(value, name) ?? null)] as const)
      .filter(([, each]) => each !== undefined),
  );
}
