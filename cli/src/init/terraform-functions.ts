// The Lambda functions of a Terraform state or plan: their settings, where their packages come from, and why one cannot be served.
import { basename, dirname, normalize } from 'node:path';
import { bringsItsOwnRuntime, nodeMajor, pythonVersion } from '../manifest/runtimes.ts';
import { type Found, type FoundFunction, imageReason } from './found-function.ts';
import { hasReference } from './hcl/values.ts';
import { isSensitiveVariable, sensitiveTexts, withoutSensitive } from './sensitive-values.ts';
import { blockOf, nameOf } from './terraform-blocks.ts';
import { isObject, list, ofType, type TerraformResource, texts } from './terraform-json.ts';
import { triggersOf } from './terraform-triggers.ts';
import { variablesToWrite } from './written-settings.ts';

/** Functions beyond this are left out. */
const mostFunctions = 1000;

/** Every `aws_lambda_function`, in all modules. */
export function terraformFunctions(all: readonly TerraformResource[]): Found {
  const resources = all.map(withoutSensitive);
  const isSecret = sensitiveTexts(all);
  const functions = resources.filter(({ isData, type }) => !isData && type === 'aws_lambda_function');
  const notices =
    functions.length > mostFunctions ? [`only the first ${mostFunctions} functions are taken`] : [];
  const edge = edgeArns(resources);
  const taken = functions.slice(0, mostFunctions).filter((each) => !isOurs(each));
  const found = taken.map((each) => foundFunction(each, resources, { edge, isSecret }));
  const aboutTriggers = taken.flatMap((each, at) =>
    found[at]?.leftOut === undefined ? triggersOf(each, resources).notices : [],
  );
  return { functions: found, notices: [...notices, ...aboutTriggers] };
}

/** The tunnel, and the stubs that the module creates. */
function isOurs({ address, values }: TerraformResource): boolean {
  const variables = variablesOf(values);
  return (
    'LIVE_DEBUG_STAGE' in variables &&
    /(?:^|\.)module\.[^.]+\.aws_lambda_function\.(?:stub|beside|tunnel)\b/.test(address)
  );
}

function foundFunction(
  resource: TerraformResource,
  resources: readonly TerraformResource[],
  { edge, isSecret }: { readonly edge: ReadonlySet<string>; readonly isSecret: (text: string) => boolean },
): FoundFunction {
  const { address, values } = resource;
  const handler = textOf(values.handler) ?? '';
  const runtime = textOf(values.runtime) ?? '';
  const { kept, leftOut: leftOutVariables } = variablesOfResource(resource, isSecret);
  const [vpc] = list(values.vpc_config);
  const subnets = knownTexts(vpc?.subnet_ids);
  const groups = knownTexts(vpc?.security_group_ids);
  const { triggers } = triggersOf(resource, resources);
  const settings = {
    ...numberField('timeout', values.timeout, 3),
    ...numberField('memory_size', values.memory_size, 128),
    ...(textOf(values.function_name) === undefined ? {} : { function_name: values.function_name }),
    ...(Object.keys(kept).length === 0 ? {} : { environment: kept }),
    ...(subnets.length === 0 || groups.length === 0
      ? {}
      : { vpc_config: { subnet_ids: subnets.slice(0, 16), security_group_ids: groups.slice(0, 5) } }),
    ...(Object.keys(triggers).length === 0 ? {} : { triggers }),
  };
  return {
    name: nameOf(resource),
    address,
    handler,
    runtime,
    settings,
    leftOutVariables,
    sourceFolders: sourceFolders(resource, resources),
    layers: ownLayers(values),
    ...roleOf(resource, resources),
    leftOut: whyLeftOut(resource, edge),
    block: blockOf(resource),
  };
}

/** Without the wrapper's, which a function has while its stage is live. */
function ownLayers(values: TerraformResource['values']): readonly string[] {
  const { LIVE_DEBUG_TABLE: table } = variablesOf(values);
  return knownTexts(values.layers).filter((arn) => arn.split(':')[6] !== `${table}-wrapper`);
}

function whyLeftOut({ unknown, values }: TerraformResource, edge: ReadonlySet<string>): string | undefined {
  const { handler, package_type, runtime } = values;
  if (package_type === 'Image') return imageReason;
  if (isAtEdge(values, edge)) return 'it runs at the edge (Lambda@Edge), where no stub can be reached';
  const variables = variablesOf(values);
  if ('LIVE_DEBUG_STAGE' in variables && variables.AWS_LAMBDA_EXEC_WRAPPER !== '/opt/live-debug')
    return 'a stub is in its place; take the state while the stage is off';
  if (typeof runtime !== 'string' || runtime === '') return unknownBecause('runtime', unknown);
  if (typeof handler !== 'string' || handler === '') return unknownBecause('handler', unknown);
  const runs = nodeMajor(runtime) ?? pythonVersion(runtime) ?? bringsItsOwnRuntime(runtime);
  return runs === false
    ? `${runtime} needs a command that runs it here: add it by hand (docs/runtimes.md)`
    : undefined;
}

function unknownBecause(name: string, unknown: TerraformResource['unknown']): string {
  const why = unknown?.get(name);
  return why === undefined ? `its ${name} is only known on AWS` : `its ${name} is not known: ${why}`;
}

/**
 * What functions at the edge have: the ARNs in CloudFront's distributions, the names and ARNs that it may invoke, and the roles that it
 * may take.
 */
function edgeArns(resources: readonly TerraformResource[]): Set<string> {
  const behaviours = ofType(resources, 'aws_cloudfront_distribution').flatMap(({ values }) => [
    ...list(values.default_cache_behavior),
    ...list(values.ordered_cache_behavior),
  ]);
  const arns = behaviours.flatMap((each) =>
    list(each.lambda_function_association).map(({ lambda_arn }) => lambda_arn),
  );
  const allowed = ofType(resources, 'aws_lambda_permission')
    .filter(({ values }) => values.principal === edgeService)
    .map(({ values }) => values.function_name);
  const roles = ofType(resources, 'aws_iam_role')
    .filter(({ values }) => textOf(values.assume_role_policy)?.includes(edgeService))
    .map(({ values }) => values.arn);
  return new Set(
    [...arns, ...allowed, ...roles].flatMap((arn) =>
      typeof arn === 'string' ? [arn.replace(/:\d{1,10}$/, '')] : [],
    ),
  );
}

const edgeService = 'edgelambda.amazonaws.com';

/** A role may be that of other functions as well; those at the edge are always published. */
function isAtEdge(
  { arn, function_name, publish, role }: TerraformResource['values'],
  edge: ReadonlySet<string>,
) {
  const isOf = (name: unknown) => typeof name === 'string' && name !== '' && edge.has(name);
  return isOf(arn) || isOf(function_name) || (publish === true && isOf(role));
}

/** Those that Terraform marks as sensitive are not written, whatever they are called, and what is sensitive elsewhere neither. */
function variablesOfResource(resource: TerraformResource, isSecret: (text: string) => boolean) {
  const all = Object.entries(variablesOf(resource.values));
  const isMarked = ([name, text]: [string, string]) => isSensitiveVariable(resource, name) || isSecret(text);
  const { kept, leftOut } = variablesToWrite(Object.fromEntries(all.filter((each) => !isMarked(each))));
  return { kept, leftOut: [...leftOut, ...all.filter(isMarked).map(([name]) => name)] };
}

function variablesOf(values: TerraformResource['values']): Record<string, string> {
  const [environment] = list(values.environment);
  const variables = isObject(environment?.variables) ? environment.variables : {};
  return Object.fromEntries(
    Object.entries(variables).filter((each): each is [string, string] => typeof each[1] === 'string'),
  );
}

/** What a package is made of, as the paths are written. */
function sourceFolders(resource: TerraformResource, resources: readonly TerraformResource[]): string[] {
  const { filename } = resource.values;
  const inModule = ['external', 'null_resource', 'terraform_data']
    .flatMap((type) => ofType(resources, type))
    .filter(({ module }) => module === resource.module);
  const found: string[] = [];
  const packageName = typeof filename === 'string' ? basename(filename) : '';
  for (const { values } of ofType(resources, 'archive_file')) {
    if (typeof filename !== 'string' || typeof values.output_path !== 'string') continue;
    if (!values.output_path.endsWith(packageName)) continue;
    if (normalize(values.output_path) !== normalize(filename)) continue;
    found.push(...foldersOfArchive(values));
  }
  for (const { type, values } of inModule) {
    // terraform-aws-modules/lambda packs what its `source_path` names, by an external data source.
    if (type === 'external' && isObject(values.query))
      found.push(...foldersOfSourcePath(values.query.source_path));
    if (type === 'null_resource' || type === 'terraform_data') {
      const triggers = isObject(values.triggers) ? Object.values(values.triggers) : [];
      found.push(
        ...triggers.filter((each) => typeof each === 'string' && /^[./\w-]{1,512}$/.test(each)).map(String),
      );
    }
  }
  if (typeof filename === 'string') found.push(dirname(filename));
  return [...new Set(found)].slice(0, 20);
}

function foldersOfArchive({ source, source_dir, source_file }: TerraformResource['values']): string[] {
  const folders: string[] = [];
  if (typeof source_dir === 'string') folders.push(source_dir);
  if (typeof source_file === 'string') folders.push(dirname(source_file));
  for (const { filename } of list(source)) if (typeof filename === 'string') folders.push(dirname(filename));
  return folders;
}

/** JSON of a path, or of a list of paths and of objects with `path`. */
function foldersOfSourcePath(text: unknown): string[] {
  if (typeof text !== 'string' || text.length > 100_000) return [];
  try {
    const value: unknown = JSON.parse(text);
    const all: unknown[] = Array.isArray(value) ? value : [value];
    return all.flatMap((each) => {
      const path = isObject(each) ? each.path : each;
      return typeof path === 'string' ? [path, dirname(path)] : [];
    });
  } catch {
    return [text];
  }
}

/** By reference where its resource is in the root module, else by name and ARN. */
function roleOf(
  { module, values }: TerraformResource,
  resources: readonly TerraformResource[],
): Pick<FoundFunction, 'roleCode' | 'roleModule'> {
  const arn = typeof values.role === 'string' ? values.role : '';
  if (arn === '') return { roleCode: undefined };
  const its = ofType(resources, 'aws_iam_role').find(
    ({ isData, values: each }) => !isData && each.arn === arn,
  );
  if (its?.module === '' && (its.index === undefined || isPlain(its.address)))
    return { roleCode: its.address };
  const isKnown = /^arn:[\w-]{1,20}:iam::\d{12}:role\/[\w+=,.@/-]{1,600}$/.test(arn);
  return {
    roleCode: isKnown
      ? `{ name = ${JSON.stringify(arn.split('/').at(-1))}, arn = ${JSON.stringify(arn)} }`
      : undefined,
    roleModule: its !== undefined && its.module === module && isPlain(module) ? module : undefined,
  };
}

/** Whether an address is the same in Terraform code: keys may have templates in them. */
function isPlain(address: string): boolean {
  return !/[$%]\{/.test(address);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && !hasReference(value) ? value : undefined;
}

/** Those that do not stand for what only an apply knows. */
function knownTexts(value: unknown): string[] {
  return texts(value).filter((each) => !hasReference(each));
}

/** Left out where it is Lambda's default. Terraform takes a number as a text, too. */
function numberField(name: string, value: unknown, usual: number): Record<string, number> {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && number !== usual ? { [name]: number } : {};
}
