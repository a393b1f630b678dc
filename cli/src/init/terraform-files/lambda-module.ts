// terraform-aws-modules/lambda, which is not in the team's own files: what its block creates.
// https://registry.terraform.io/modules/terraform-aws-modules/lambda/aws
import type { Body, Expression } from '../hcl/syntax.ts';
import { isList, isObjectValue, ownOf, reference, Unknown, unknownIn, type Value } from '../hcl/values.ts';
import type { RawResource } from './raw-resource.ts';

const sources =
  /^(?:terraform-aws-modules\/lambda\/aws|(?:git::)?(?:https:\/\/|ssh:\/\/git@|git@)?github\.com[/:]terraform-aws-modules\/terraform-aws-lambda(?:\.git)?)(?:\?ref=[\w.-]{1,100})?$/;

/** Whether a block's `source` is that module; its submodules are not. */
export function isLambdaModule(source: unknown): boolean {
  return typeof source === 'string' && source.length < 500 && sources.test(source);
}

function isIts({ attributes }: Body): boolean {
  const source: Expression | undefined = attributes.get('source')?.value;
  return source?.kind === 'literal' && isLambdaModule(source.value);
}

const functionOutputs = new Set([
  'lambda_function_arn',
  'lambda_function_invoke_arn',
  'lambda_function_name',
  'lambda_function_qualified_arn',
  'lambda_function_qualified_invoke_arn',
]);

/** An output of the module at `address`; undefined if the block is of another module. */
export function lambdaModuleOutput(body: Body, address: string, name: string): Value | undefined {
  if (!isIts(body)) return undefined;
  const own = `${address}.aws_lambda_function.this[0]`;
  return functionOutputs.has(name) ? reference(own, 'arn', 'lambda') : reference(address, name, '');
}

/** Arguments of the module and of aws_lambda_function that have the same name. */
const sameNames = ['function_name', 'handler', 'runtime', 'timeout', 'memory_size', 'package_type', 'layers'];

/** `value` gives an argument of the block; undefined if it is not set. */
export function lambdaModuleResources(
  address: string,
  value: (name: string) => Value | undefined,
  place: (name: string) => string,
): RawResource[] {
  const isOff = ['create', 'create_function'].some((name) => value(name) === false);
  const others = ['create_layer', 'create_package'].some((name) => value(name) === true);
  if (isOff || (value('function_name') === undefined && others && value('handler') === undefined)) return [];
  const own = `${address}.aws_lambda_function.this[0]`;
  const arn = reference(own, 'arn', 'lambda');
  const raw = (type: string, name: string, attributes: RawResource['attributes']): RawResource => ({
    address: `${address}.${type}.${name}`,
    module: address,
    isData: type === 'external',
    type,
    name: name.split('[')[0] ?? name,
    index: 0,
    attributes,
    place,
  });
  const attributes = new Map<string, Value>([['arn', arn]]);
  for (const name of sameNames) {
    const its = value(name);
    if (its !== undefined && its !== null) attributes.set(name, its);
  }
  const variables = value('environment_variables');
  if (variables !== undefined) attributes.set('environment', [objectWith({ variables })]);
  const [subnets, groups] = [value('vpc_subnet_ids'), value('vpc_security_group_ids')];
  if (subnets !== undefined && groups !== undefined)
    attributes.set('vpc_config', [objectWith({ subnet_ids: subnets, security_group_ids: groups })]);
  const existing = value('local_existing_package');
  if (existing !== undefined) attributes.set('filename', existing);
  const found = [raw('aws_lambda_function', 'this[0]', attributes)];
  const path = value('source_path');
  if (path !== undefined && unknownIn(path) === undefined && path !== null)
    found.push(
      raw(
        'external',
        'archive_prepare[0]',
        new Map([['query', objectWith({ source_path: JSON.stringify(path) })]]),
      ),
    );
  if (value('create_lambda_function_url') === true)
    found.push(raw('aws_lambda_function_url', 'this[0]', urlOf(arn, value)));
  const mappings = value('event_source_mapping');
  if (isObjectValue(mappings))
    for (const key of Object.keys(mappings)) {
      const mapping = ownOf(mappings, key);
      if (!isObjectValue(mapping)) continue;
      found.push(
        raw(
          'aws_lambda_event_source_mapping',
          `this[${JSON.stringify(key)}]`,
          new Map<string, Value>([...Object.entries(mapping), ['function_name', arn]]),
        ),
      );
    }
  return found;
}

function urlOf(arn: string, value: (name: string) => Value | undefined): Map<string, Value> {
  const attributes = new Map<string, Value>([['function_name', arn]]);
  attributes.set('authorization_type', value('authorization_type') ?? 'NONE');
  const mode = value('invoke_mode');
  if (mode !== undefined && !(mode instanceof Unknown) && !isList(mode)) attributes.set('invoke_mode', mode);
  return attributes;
}

function objectWith(members: Readonly<Record<string, Value>>): Value {
  return Object.assign(Object.create(null), members);
}
