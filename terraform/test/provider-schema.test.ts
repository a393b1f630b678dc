// Checks every name of hashicorp/aws that module and examples use against extracts of the provider's schemas: 5.100.0
// from the provider, 6.25.0 and 6.66.0 from the bindings that npm has (scripts/provider-schema.mjs writes them).
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { terraformFiles, type Use, uses } from '../../scripts/terraform-uses.mjs';
import { repository } from './terraform-cli.ts';

/** As provider-schema.mjs writes it: names are parted by spaces. */
interface Block {
  readonly arguments?: string;
  readonly attributes?: string;
  readonly blocks?: Readonly<Record<string, Block>>;
  readonly required?: string;
  readonly deprecated?: string;
}

interface Extract {
  readonly provider: string;
  readonly types: Readonly<Record<string, Block>>;
}

const folder = join(repository, 'terraform/test/provider-schema');
const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));

/** What the release notes of 6 call deprecated, of the types in use. The bindings don't say it. */
const announced: Readonly<Record<string, Readonly<Record<string, string>>>> = read('deprecated-in-6.json');
const extracts: readonly Extract[] = readdirSync(folder)
  .filter((file) => file.startsWith('aws-'))
  .map(read);
/** With the deprecations, which still stand in 6 where the name does. */
const fromProvider = extracts.find(({ provider }) => provider === '5.100.0');

const words = (text: string | undefined) => (text === undefined ? [] : text.split(' '));

/** Why a name can't be used with this provider, or undefined. */
function problem({ provider, types }: Extract, { type, how, path, names }: Use): string | undefined {
  let block = types[type];
  if (!block) return `aws ${provider} has no ${type}; a new type: run node scripts/provider-schema.mjs`;
  let before = fromProvider?.types[type];
  for (const [depth, name] of path.entries()) {
    const full = path.slice(0, depth + 1).join('.');
    const inner: Block | undefined = block.blocks?.[name];
    const plain = words(block.arguments).includes(name);
    if (!inner && !plain && !words(block.attributes).includes(name))
      return `aws ${provider} has no ${full} in ${type}`;
    if (!inner && !plain && how === 'set') return `aws ${provider} only reads ${full} of ${type}`;
    const since = depth === 0 && provider.startsWith('6.') ? announced[type]?.[name] : undefined;
    if (since || words(block.deprecated).includes(name) || words(before?.deprecated).includes(name))
      return `aws ${provider} says that ${full} of ${type} is deprecated${since ? ` since ${since}` : ''}`;
    // Below are the keys of a map, or a plain value's own parts.
    if (!inner) return undefined;
    block = inner;
    before = before?.blocks?.[name];
  }
  const missing = names && words(block.required).find((name) => !names.includes(name));
  return missing && `aws ${provider} wants ${[...path, missing].join('.')} in ${type}`;
}

function problems(used: readonly Use[]): readonly string[] {
  const found = used.flatMap((use) =>
    extracts.flatMap((extract) => {
      const text = problem(extract, use);
      return text ? [`${use.file}: ${use.where}: ${text}`] : [];
    }),
  );
  return [...new Set(found)];
}

const temporary = mkdtempSync(join(tmpdir(), 'live-debug-schema-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

describe('what module and examples use of hashicorp/aws', () => {
  let used: readonly Use[] = [];
  beforeAll(async () => {
    used = await uses(repository, terraformFiles(repository));
  });

  it('is in 5.100, 6.25 and 6.66, and not deprecated', () => {
    expect(extracts.map(({ provider }) => provider).sort()).toEqual(['5.100.0', '6.25.0', '6.66.0']);
    expect(problems(used)).toEqual([]);
  });

  it('is found everywhere: in blocks, dynamic blocks, locals, each.value, splats and outputs', () => {
    const seen = new Set(
      used.map(({ where, how, type, path }) => [where, how, type, path.join('.')].join(' ')),
    );
    for (const use of [
      'aws_lambda_function.this set aws_lambda_function environment.variables',
      'aws_lambda_function.this set aws_lambda_function vpc_config.subnet_ids',
      'locals read data.aws_security_groups ids',
      'locals read data.aws_vpc cidr_block_associations.cidr_block',
      'locals read aws_lambda_permission id',
      'output.security_group_id read aws_security_group id',
    ])
      expect(seen).toContain(use);
  });

  it('has no type in the extracts that nothing uses any more', () => {
    const types = [...new Set(used.map(({ type }) => type))].sort();
    for (const extract of extracts) expect(Object.keys(extract.types).sort()).toEqual(types);
  });
});

describe('the check', () => {
  const of = async (text: string) => {
    const file = join(temporary, 'main.tf');
    writeFileSync(file, text);
    return problems(await uses(temporary, [file])).filter((line) => line.includes('6.66.0'));
  };

  it.each([
    [
      'an argument',
      'resource "aws_sqs_queue" "a" {\n  colour = 1\n}',
      'aws_sqs_queue.a: aws 6.66.0 has no colour in aws_sqs_queue',
    ],
    [
      'a missing argument',
      'resource "aws_lambda_permission" "a" {\n  function_name = 1\n  principal = 1\n}',
      'aws_lambda_permission.a: aws 6.66.0 wants action in aws_lambda_permission',
    ],
    [
      'a block',
      'resource "aws_sqs_queue" "a" {\n  paint {}\n}',
      'aws_sqs_queue.a: aws 6.66.0 has no paint in aws_sqs_queue',
    ],
    [
      'an argument of a block',
      'resource "aws_sqs_queue" "a" {\n  timeouts {\n    colour = 1\n  }\n}',
      'aws_sqs_queue.a: aws 6.66.0 has no timeouts.colour in aws_sqs_queue',
    ],
    [
      'an argument of a dynamic block',
      'resource "aws_sqs_queue" "a" {\n  dynamic "timeouts" {\n    for_each = []\n    content {\n      colour = 1\n    }\n  }\n}',
      'aws_sqs_queue.a: aws 6.66.0 has no timeouts.colour in aws_sqs_queue',
    ],
    [
      'what can only be read',
      'resource "aws_sqs_queue" "a" {\n  url = 1\n}',
      'aws_sqs_queue.a: aws 6.66.0 only reads url of aws_sqs_queue',
    ],
    [
      'what is ignored',
      'resource "aws_sqs_queue" "a" {\n  lifecycle {\n    ignore_changes = [colour]\n  }\n}',
      'aws_sqs_queue.a: aws 6.66.0 has no colour in aws_sqs_queue',
    ],
    [
      'a reference in a text',
      `output "o" {\n  value = "a \\"\${aws_sqs_queue.a[0].colour}\\""\n}`,
      'output.o: aws 6.66.0 has no colour in aws_sqs_queue',
    ],
    [
      'a splat',
      'output "o" {\n  value = one(values(aws_sqs_queue.a)[*].colour)\n}',
      'output.o: aws 6.66.0 has no colour in aws_sqs_queue',
    ],
    [
      'a for',
      'output "o" {\n  value = { for k, q in aws_sqs_queue.a : q.name => q.colour }\n}',
      'output.o: aws 6.66.0 has no colour in aws_sqs_queue',
    ],
    [
      'a way through locals',
      'locals {\n  all = { for k in [1] : k => aws_sqs_queue.a[k] }\n  one = local.all[1].colour\n}',
      'locals: aws 6.66.0 has no colour in aws_sqs_queue',
    ],
    [
      'each.value',
      'resource "aws_sqs_queue" "a" {\n  for_each = aws_vpc.b\n  name = each.value.colour\n}',
      'aws_sqs_queue.a: aws 6.66.0 has no colour in aws_vpc',
    ],
    [
      'a name that 6 deprecates',
      'output "o" {\n  value = data.aws_region.a.name\n}',
      "output.o: aws 6.66.0 says that name of data.aws_region is deprecated since 6.0.0: use region, which 5 doesn't have; id has the same value in both (terraform-provider-aws #42131)",
    ],
    [
      'a name that 5 deprecates already',
      'resource "aws_iam_role" "a" {\n  assume_role_policy = 1\n  managed_policy_arns = []\n}',
      'aws_iam_role.a: aws 6.66.0 says that managed_policy_arns of aws_iam_role is deprecated',
    ],
  ])('refuses %s', async (_, text, line) => {
    expect(await of(text)).toEqual([`main.tf: ${line}`]);
  });
});
