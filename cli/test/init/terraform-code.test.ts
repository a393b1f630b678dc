// The diff that `init` proposes, applied with git to Terraform code of many forms: what stays, what is added, and what is left to a person.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { FoundBlock, FoundFunction } from '../../src/init/found-function.ts';
import { RootModule } from '../../src/init/root-module.ts';
import { SourceFiles } from '../../src/init/source-files.ts';
import { proposedCode } from '../../src/init/terraform-code.ts';
import { writeFiles } from './orders-project.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

interface Copy {
  readonly key: string;
  readonly block: Partial<FoundBlock>;
  readonly variables?: readonly string[];
  readonly more?: Partial<FoundFunction>;
}

/** The files after `git apply`, and what is to be done by hand. */
function applied(
  files: Readonly<Record<string, string>>,
  copies: readonly Copy[],
  leftOut: readonly Copy[] = [],
) {
  const root = mkdtempSync(join(tmpdir(), 'livectl-code-'));
  cleanups.push(() => rmSync(root, { recursive: true }));
  writeFiles(root, files);
  const found = ({ block, key, more, variables = ['LEVEL'] }: Copy): FoundFunction => ({
    name: key,
    address: `of.${key}`,
    handler: 'index.handler',
    runtime: 'nodejs22.x',
    settings: {},
    leftOutVariables: variables,
    sourceFolders: [],
    layers: [],
    roleCode: 'aws_iam_role.own',
    leftOut: undefined,
    block: { kind: 'resource', label: 'f', inModule: '', repeated: undefined, key: undefined, ...block },
    ...more,
  });
  const source = { handler: 'index.handler', sourceDir: '.', file: 'index.js', hasExport: true };
  const served = copies.map((each) => ({
    key: each.key,
    found: found(each),
    source,
    entry: {},
    isWrapped: true,
  }));
  const blocks = served.flatMap((each) => each.found.block ?? []);
  const terraformFiles = new SourceFiles(root, []).terraformFiles;
  const rootModule = new RootModule(terraformFiles, blocks, root, root);
  const { byHand, diff } = proposedCode(
    served,
    [...served.map((each) => each.found), ...leftOut.map(found)],
    { root, rootModule, moduleFile: 'live_debug.tf', manifest: 'livectl.json', source: './live-debug' },
  );
  execFileSync('git', ['init', '-q', root]);
  execFileSync('git', ['-C', root, 'apply', '-'], { input: `${diff.join('\n')}\n` });
  const text = (name: string) => readFileSync(join(root, name), 'utf8');
  return { byHand, text, folder: rootModule.folder.slice(root.length) };
}

const head = 'resource "aws_lambda_function" "f" {\n';
const layers = 'module.live_debug.layers["f"]';
const environment = 'module.live_debug.environment["f"]';
const environmentBlock = `  environment {\n    variables = merge({ A = 1 }, ${environment})\n  }\n`;

it.each<[string, string, string]>([
  [
    'arguments on one line, in a block of one line',
    `${head}  layers = ["a#b", "}"] # ours\n  environment { variables = { A = "#1 { $\${x} \${var.y["}"]}" } }\n}\n`,
    `${head}  layers = concat(["a#b", "}"], ${layers}) # ours\n  environment { variables = merge({ A = "#1 { $\${x} \${var.y["}"]}" }, ${environment}) }\n}\n`,
  ],
  [
    'a file without a last newline',
    `${head}  environment {\n    variables = { A = 1 }\n  }\n}`,
    `${head}${environmentBlock}\n  layers = ${layers}\n}`,
  ],
  [
    'values over several lines, with comments in them',
    `${head}  layers = [\n    "x", # ]\n    /* ] */\n  ]\n  environment {\n    variables = local.a ? {\n      A = 1\n    } : {}\n  }\n}\n`,
    `${head}  layers = concat([\n    "x", # ]\n    /* ] */\n  ], ${layers})\n  environment {\n    variables = merge(local.a ? {\n      A = 1\n    } : {}, ${environment})\n  }\n}\n`,
  ],
  [
    'layers that may be null',
    `${head}  layers = var.layers\n  environment {\n    variables = { A = 1 }\n  }\n}\n`,
    `${head}  layers = concat(coalesce(var.layers, []), ${layers})\n${environmentBlock}}\n`,
  ],
  [
    'lines with CR',
    `${head}  handler = "x"\n  environment {\n    variables = { A = 1 }\n  }\n}\n`.replaceAll('\n', '\r\n'),
    `${head}  handler = "x"\n${environmentBlock}\n  layers = ${layers}\n}\n`.replaceAll('\n', '\r\n'),
  ],
  [
    'code that has the lines already',
    `${head}  layers = module.live_debug.layers["f"]\n  environment {\n    variables = merge({}, module.live_debug.environment["f"])\n  }\n}\n`,
    `${head}  layers = module.live_debug.layers["f"]\n  environment {\n    variables = merge({}, module.live_debug.environment["f"])\n  }\n}\n`,
  ],
  [
    'other blocks around it, with a heredoc that looks like it',
    `locals {\n  text = <<-EOT\n    ${head}    }\n  EOT\n}\n${head}  tags = { a = "b" }\n  environment {\n    variables = { A = 1 }\n  }\n}\n`,
    `locals {\n  text = <<-EOT\n    ${head}    }\n  EOT\n}\n${head}  tags = { a = "b" }\n${environmentBlock}\n  layers = ${layers}\n}\n`,
  ],
])('%s', (_what, before, after) => {
  const { byHand, text } = applied({ 'main.tf': before }, [{ key: 'f', block: {} }]);
  expect(byHand).toEqual([]);
  expect(text('main.tf')).toBe(after);
});

it.each<[string, string, Partial<Copy>]>([
  [
    'environment by dynamic',
    `${head}  dynamic "environment" {\n    for_each = var.x\n    content {}\n  }\n}\n`,
    {},
  ],
  [
    'variables in a heredoc',
    `${head}  environment {\n    variables = jsondecode(<<E\n{}\nE\n    )\n  }\n}\n`,
    {},
  ],
  [
    'an environment without variables',
    `${head}  environment {\n    variables = var.x\n  }\n}\n`,
    { variables: [] },
  ],
  ['a file that is not Terraform code', `${head}  layers = [\n}\n`, {}],
  ['two blocks of the same name', `${head}}\n${head}}\n`, {}],
  ['a block of one line', 'resource "aws_lambda_function" "f" { runtime = "x" }\n', {}],
])('leaves to a person: %s', (_what, code, copy) => {
  const { byHand, text } = applied({ 'main.tf': code }, [{ key: 'f', block: {}, ...copy }]);
  expect(byHand).toEqual([expect.stringContaining(`of.f: layers = concat([...], ${layers})`)]);
  expect(text('main.tf')).toBe(code);
});

it('names each copy of a block by its own key', () => {
  const code = `${head}}\n${head.replace('"f"', '"g"')}}\n${head.replace('"f"', '"h"')}}\n`;
  const { byHand, text } = applied(
    { 'main.tf': code },
    [
      { key: 'x-y', block: { repeated: 'for_each', key: 'x/y' } },
      { key: 'a-b', block: { repeated: 'for_each', key: 'a$' + '{b}' } },
      { key: 'same', block: { label: 'g', repeated: 'for_each', key: 'same' } },
      { key: 'third', block: { label: 'h', repeated: 'count', key: '2' } },
      { key: 'first', block: { label: 'h', repeated: 'count', key: '0' } },
    ],
    [{ key: 'second', block: { label: 'h', repeated: 'count', key: '1' } }],
  );
  expect(byHand).toEqual([]);
  expect(text('main.tf')).toContain(
    'layers = lookup(module.live_debug.layers, lookup({ "x/y" = "x-y", "a$$' +
      '{b}" = "a-b" }, each.key, ""), [])',
  );
  expect(text('main.tf')).toContain('layers = lookup(module.live_debug.layers, each.key, [])');
  expect(text('main.tf')).toContain('try(["first", "", "third"][count.index], "")');
});

it('a single copy by count is named plainly, unless another was left out', () => {
  const copy = { key: 'f', block: { repeated: 'count', key: '0' } } as const;
  const code = { 'main.tf': `${head}  count = 1\n}\n` };
  expect(applied(code, [copy]).text('main.tf')).toContain(`layers = ${layers}`);
  const other = { key: 'f-2', block: { repeated: 'count', key: '1' } } as const;
  expect(applied(code, [copy], [other]).text('main.tf')).toContain('try(["f"][count.index], "")');
});

it('takes the blocks of the root module, not those of the same names elsewhere', () => {
  const files = {
    'a/main.tf': `${head}}\n`,
    'live/main.tf': `${head}}\n${head.replace('"f"', '"g"')}}\n`,
    'live/x_override.tf': `${head}  layers = []\n}\n`,
  };
  const { folder, text } = applied(files, [
    { key: 'f', block: {} },
    { key: 'g', block: { label: 'g' } },
  ]);
  expect(folder).toBe('/live');
  expect(text('a/main.tf')).toBe(files['a/main.tf']);
  expect(text('live/main.tf')).toContain(layers);
});

it('changes a module block only if the module takes layers and variables', () => {
  const block = (label: string, source: string) => `module "${label}" {\n  source = "${source}"\n}\n`;
  const code = [
    block('public', 'terraform-aws-modules/lambda/aws'),
    block('own', './modules/own'),
    block('poor', './modules/poor'),
    block('git', 'git::https://example.com/x.git'),
  ].join('');
  const variables = 'variable "layers" {}\nvariable "environment_variables" {}\n';
  const copies = ['public', 'own', 'poor', 'git'].map((label) => ({
    key: label,
    block: { kind: 'module', label },
    more: { roleModule: `module.${label}` },
  })) satisfies Copy[];
  const { byHand, text } = applied(
    {
      'main.tf': code,
      'modules/own/main.tf': variables,
      'modules/poor/main.tf': 'variable "layers" {}\n',
    },
    copies,
  );
  expect(byHand).toEqual([expect.stringContaining('of.poor:'), expect.stringContaining('of.git:')]);
  expect(text('main.tf')).toContain('layers                = module.live_debug.layers["public"]');
  expect(text('main.tf')).toContain('environment_variables = module.live_debug.environment["own"]');
  expect(text('live_debug.tf')).toContain('"public" = { name = module.public.lambda_role_name');
  // It has no outputs for its role.
  expect(text('live_debug.tf')).toContain('"own"    = aws_iam_role.own');
});

it('does not propose the module’s file again', () => {
  const { byHand, text } = applied({ 'main.tf': `${head}}\n`, 'live_debug.tf': '# ours\n' }, [
    { key: 'f', block: {} },
  ]);
  expect(byHand).toEqual([expect.stringContaining('live_debug.tf is there already: add "f"')]);
  expect(text('live_debug.tf')).toBe('# ours\n');
});
