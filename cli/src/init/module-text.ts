// The file with the module's block that `init` proposes.
import type { FoundFunction } from './found-function.ts';
import type { ServedFunction } from './manifest-text.ts';
import type { RootModule } from './root-module.ts';
import { hclString } from './terraform-strings.ts';

/** Its lines, formatted as `terraform fmt` does. */
export function moduleText(
  functions: readonly ServedFunction[],
  {
    manifest,
    rootModule,
    source,
  }: { readonly manifest: string; readonly rootModule: RootModule; readonly source: string },
): string[] {
  const names = functions.map(({ key }) => key);
  const width = Math.max(...names.map((name) => name.length)) + 2;
  return [
    'variable "live" {',
    '  description = "Whether livectl may serve this stage."',
    '  type        = bool',
    '  default     = false',
    '}',
    '',
    'variable "live_stage" {',
    '  description = "Name of the stage that livectl serves, e.g. dev-tom."',
    '  type        = string',
    '  default     = "dev"',
    '}',
    '',
    'locals {',
    `  live_functions = jsondecode(file("\${path.module}/${manifest}")).functions`,
    '}',
    '',
    'module "live_debug" {',
    `  source = ${hclString(source)}`,
    '',
    '  enabled = var.live',
    '  stage   = var.live_stage',
    '  mode    = "wrap"',
    '',
    '  # The functions and their triggers stay yours. Those of livectl.json are for `livectl serve --local`.',
    '  functions = {',
    `    for name in [${names.map(hclString).join(', ')}] : name => merge(local.live_functions[name], {`,
    '      triggers = {}',
    '      role     = local.live_roles[name]',
    '    })',
    '  }',
    '}',
    '',
    '# The roles of the functions get the permissions of the wrapper while the stage is live.',
    'locals {',
    '  live_roles = {',
    ...functions.map(
      ({ found, key }) => `    ${hclString(key).padEnd(width)} = ${roleOf(found, rootModule)}`,
    ),
    '  }',
    '}',
  ];
}

/** What the module takes as `role`: an object with name and ARN. */
function roleOf({ address, block, roleCode, roleModule }: FoundFunction, rootModule: RootModule): string {
  const isCalled = block?.kind === 'module' && block.inModule === '';
  // Of a plan, which does not know the role.
  const its =
    roleModule ??
    (roleCode === undefined && block?.repeated === undefined ? `module.${block?.label}` : undefined);
  if (isCalled && its !== undefined) {
    const found = rootModule.placeOf(block);
    const outputs = found === undefined ? undefined : rootModule.interfaceOf(found)?.outputs;
    if (outputs?.has('lambda_role_name') === true && outputs.has('lambda_role_arn'))
      return `{ name = ${its}.lambda_role_name, arn = ${its}.lambda_role_arn }`;
  }
  return roleCode ?? `aws_iam_role.CHANGE_ME # the role of ${address}`;
}
