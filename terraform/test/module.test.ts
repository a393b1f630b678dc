// Format, validity and the modules' own tests, by the real terraform and the real provider's schema.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Provider } from './provider.ts';
import {
  clientVpnFolder,
  missingTool,
  moduleFolder,
  repository,
  testBoundMs,
  Workspace,
} from './terraform-cli.ts';

/** Root modules of their own; examples/cdktf writes its stack in TypeScript and is tested in terraform/cdktf/test/. */
const examples = readdirSync(join(repository, 'examples'))
  .filter((name) => name !== 'cdktf')
  .map((name) => `examples/${name}`);

describe('an example', () => {
  const fileOf: Readonly<Record<string, string>> = {
    variable: 'variables.tf',
    output: 'outputs.tf',
    terraform: 'versions.tf',
  };
  const standardFiles = ['main.tf', 'variables.tf', 'outputs.tf', 'versions.tf', 'README.md'];

  it.each(examples)('has the files of a standard module: %s', (folder) => {
    const missing = standardFiles.filter((file) => !existsSync(join(repository, folder, file)));
    expect(missing).toEqual([]);
  });

  it.each(examples)('has each block in the file for it: %s', (folder) => {
    const files = readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' }).filter(
      (path) => path.endsWith('.tf') && !path.includes('.terraform'),
    );
    const misplaced = files.flatMap((path) => {
      const text = readFileSync(join(repository, folder, path), 'utf8');
      return [...text.matchAll(/^(variable|output|terraform) .*\{/gm)]
        .filter(([, kind = '']) => basename(path) !== fileOf[kind])
        .map(([line]) => `${path}: ${line}`);
    });
    expect(misplaced).toEqual([]);
  });
});

const skipped = missingTool('terraform');

describe.skipIf(skipped)(`the module in terraform${skipped ? ` (${skipped})` : ''}`, () => {
  const modules = [moduleFolder, clientVpnFolder];
  const roots = [...modules, ...examples];
  let workspace: Workspace;
  let provider: Provider | undefined;

  beforeAll(async () => {
    workspace = new Workspace(roots);
    // The packages that the READMEs zip.
    const packages = ['existing-function/orders', 'existing-function/invoices', 'shared-stage/functions'];
    for (const name of packages) writeFileSync(workspace.path(`examples/${name}.zip`), '');
    await workspace.succeed(moduleFolder, 'init', '-backend=false');
    // Nobody configures it here: validate and mocks read its schema.
    provider = await Provider.start(workspace, moduleFolder);
    workspace.add(provider.environment);
    for (const root of roots.slice(1)) await workspace.succeed(root, 'init', '-backend=false');
  }, testBoundMs);

  afterAll(async () => {
    await provider?.stop();
    workspace?.remove();
  });

  it('is formatted, with its tests and examples', async () => {
    const folders = ['terraform', 'examples'].map((folder) => join(repository, folder));
    const { output } = await workspace.terraform('.', 'fmt', '-check', '-recursive', ...folders);
    expect(output).toBe('');
  });

  it.concurrent.each(roots)(
    'is valid: %s',
    async (root) => {
      expect(JSON.parse(await workspace.succeed(root, 'validate', '-json'))).toMatchObject({
        valid: true,
        diagnostics: [],
      });
    },
    testBoundMs,
  );

  it.concurrent.each(modules)(
    'passes terraform test: %s',
    async (module) => {
      const { code, output } = await workspace.terraform(module, 'test');
      expect(output).toMatch(/Success! \d+ passed, 0 failed\.\s*$/);
      expect(code).toBe(0);
    },
    testBoundMs,
  );
});

describe('the minimum version of Terraform', () => {
  /** What came after 1.0, with the minor version of Terraform 1 that has it (its changelog and the pages of its functions). */
  const features: readonly (readonly [RegExp, number])[] = [
    [/^\s*nullable\s*=/m, 1],
    [/^\s*(?:precondition|postcondition) \{/m, 2],
    [/\boptional\([^()]*(?:\([^()]*\))?[^()]*,/, 3],
    [/\b(?:startswith|endswith|timecmp)\(/, 3],
    [/"terraform_data"/, 4],
    [/\b(?:strcontains|plantimestamp)\(/, 5],
    [/^(?:check ".*"|import) \{/m, 5],
    [/^(?:removed|mock_provider .*) \{/m, 7],
    [/\bprovider::|\bissensitive\(/, 8],
    [/\btemplatestring\(/, 9],
    [/\bephemeral(?:\.| "|\s*=|asnull\()/, 10],
    [/\boverride_during\b|\w+_wo(?:_version)?\s*=/, 11],
  ];

  /** A validation that refers to another variable or to a local value needs 1.9. */
  function newestOf(text: string): number {
    const found = features.flatMap(([pattern, minor]) => (pattern.test(text) ? [minor] : []));
    const crossed = [...text.matchAll(/^variable "(\w+)" \{\n([\s\S]*?)^\}/gm)].some(([, name, body = '']) =>
      [...body.matchAll(/^ {4}condition\s*=([\s\S]*?)^ {4}error_message/gm)].some(([, condition = '']) =>
        [...condition.matchAll(/\b(var|local|data|module)\.(\w+)/g)].some(
          ([, kind, referred]) => kind !== 'var' || referred !== name,
        ),
      ),
    );
    return Math.max(0, crossed ? 9 : 0, ...found);
  }

  function textsOf(extension: string): string[] {
    const folder = join(repository, moduleFolder);
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith(extension) && !path.includes('.terraform'))
      .map((path) => readFileSync(join(folder, path), 'utf8').replace(/^\s*#.*$/gm, ''));
  }

  it('is what modules and tests use, as README says', () => {
    const modules = textsOf('.tf');
    expect(Math.max(...modules.map(newestOf))).toBe(4);
    expect(Math.max(...textsOf('.tftest.hcl').map(newestOf))).toBe(7);
    const required = modules.flatMap((text) => /required_version = "(.*)"/.exec(text)?.[1] ?? []);
    expect(new Set(required)).toEqual(new Set(['>= 1.7']));
  });

  it.each([
    [
      'variable "a" {\n  validation {\n    condition     = var.a > var.b\n    error_message = ""\n  }\n}\n',
      9,
    ],
    ['variable "a" {\n  validation {\n    condition     = var.a > 1\n    error_message = ""\n  }\n}\n', 0],
    ['x = optional(list(string), [])', 3],
    ['x = provider::aws::arn_parse(y)', 8],
  ])('is found in %j', (text, minor) => expect(newestOf(text)).toBe(minor));
});
