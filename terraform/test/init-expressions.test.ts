// What `livectl init` makes of expressions in .tf files, beside what the real terraform makes of them. No provider is needed.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isList, isObjectValue, type Value } from '../../cli/src/init/hcl/values.ts';
import { rootOutputs } from '../../cli/src/init/terraform-files/read-terraform-files.ts';
import { writeFiles } from '../../cli/test/init/orders-project.ts';
import { missingTool, terraformIn, testBoundMs } from './terraform-cli.ts';

const skipReason = missingTool('terraform');

const files = {
  'terraform.tfvars': 'stage = "dev"\nsizes = { small = 128, "big one" = 1024 }\n',
  'more.auto.tfvars.json': '{ "names": ["b", "a", "b"] }',
  'data/functions.json': '{"orders": {"timeout": 5, "tags": ["x", {"y": null}]}}',
  'child/main.tf': `
variable "functions" {
  type = map(object({
    handler = string
    runtime = optional(string, "nodejs22.x")
    timeout = optional(number)
    env     = optional(map(string), {})
    nested  = optional(object({ size = optional(number, 7) }), {})
  }))
}
output "functions" { value = var.functions }
output "here" { value = path.module }
`,
  'more.tf.json': JSON.stringify({
    locals: { from_json: { list: [`\${local.name}`, 1, true, null], text: `a $\${b} \${1 + 1}` } },
    output: { json: { value: `\${local.from_json}` } },
  }),
  'main.tf': `
variable "stage" { type = string }
variable "sizes" { type = map(number) }
variable "names" { default = [] }
variable "nothing" {
  type    = string
  default = null
}
locals {
  name      = "shop-\${var.stage}" # a comment
  list      = [for index, each in var.names : "\${index}:\${each}" if each != "a"]
  functions = jsondecode(file("\${path.module}/data/functions.json"))
  heredoc   = <<-EOT
    first \${var.stage}
      second "quoted" \\n $\${kept}

    last
  EOT
  plain = <<EOT
  kept \${upper("x")}
EOT
  objects = { for name, size in var.sizes : replace(name, " ", "_") => { size = size, "a-b" = size * 2 } }
  grouped = { for each in var.names : each => length(each)... }
}
module "child" {
  source = "./child"
  functions = {
    orders = { handler = "src/orders.handler" }
    mail   = { handler = "mail.handler", runtime = "python3.13", timeout = 9, env = { A = 1 }, nested = { size = 3 } }
  }
}
output "strings" {
  value = [
    local.name, "a\\tb\\"\\\\ \\u00e9", local.heredoc, local.plain, "\${true} \${1.5} \${10 / 4} \${1e3}",
    format("%s-%d-%v %% %q", "x", 3, true, "y"), join(",", ["a", "b"]), lower("ABC"), upper("abc"), title("a bc"),
    trimprefix("dist/x", "dist/"), trimsuffix("a.zip", ".zip"), trimspace("  a "), basename("a/b.zip"), dirname("a/b.zip"),
    replace("a-b-c", "-", "_"), substr("hello", 1, 3), substr("hello", 1, -1), chomp("a\\n"),
  ]
}
output "numbers" { value = [1 + 2 * 3, (1 + 2) * 3, -4, 7 % 3, 10 / 4, min(3, 1), max(3, 9), ceil(1.2), floor(1.8), abs(-3), length("é!")] }
output "tests" {
  value = [
    1 < 2 && !(2 <= 1) || false, var.stage == "dev", var.stage != "dev" ? "other" : "same", var.nothing == null,
    1 == 1 ? [1] : [2], contains(["a"], "a"), startswith("abc", "ab"), endswith("abc", "bc"), tobool("true"), [1, 2] == [1, 2],
  ]
}
output "collections" {
  value = [
    local.list, local.objects, local.grouped, concat([1], [], [2, [3]]), flatten([[1, [2]], 3]), distinct(var.names), sort(var.names),
    keys(var.sizes), values(var.sizes), merge({ a = 1, b = 2 }, { b = 3 }), lookup(var.sizes, "small", 1), lookup(var.sizes, "none", 5),
    element(["a", "b"], 3), coalesce("", "x"), compact(["", "a"]), zipmap(["a"], [1]), reverse([1, 2]), range(3), range(1, 7, 2),
    toset(["b", "a", "b"]), split("/", "a/b"), local.functions.orders.tags[1], local.functions["orders"].timeout,
    [{ a = 1 }, { a = 2 }][*].a, [{ a = { b = 1 } }].*.a.b, var.sizes["big one"], [1, 2].1,
    setunion(["a"], ["b", "a"]), setsubtract(["a", "b"], ["a"]), one(["only"]), tonumber("12"), tostring(5),
  ]
}
output "tried" { value = [try(local.functions.nothing.at_all, "instead"), try(var.sizes.small, 1), coalesce(var.nothing, "x"), try(local.functions.none, null), [var.nothing, "y"][*], lookup({ a = null }, "a", 1)] }
output "json" { value = jsonencode({ b = [1, "<&>"], a = { "x y" = null } }) }
output "decoded" { value = jsondecode("{\\"a\\": [1, 2.5, \\"x\\"]}") }
output "module" { value = [module.child.functions, module.child.here] }
output "paths" { value = [path.module, path.root] }
`,
};

test.skipIf(skipReason)(
  'are evaluated as terraform evaluates them',
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'live-debug-expressions-'));
    try {
      writeFiles(root, {
        ...files,
        'main.tf': files['main.tf'].replace('output "json"', 'output "encoded"'),
      });
      for (const args of [['init'], ['plan', '-out=plan']]) {
        const { code, output } = await terraformIn(root, args);
        if (code !== 0) throw new Error(output);
      }
      const { stdout } = await terraformIn(root, ['show', '-json', 'plan']);
      const { outputs } = JSON.parse(stdout).planned_values;
      const theirs = Object.entries<{ value: unknown }>(outputs).map(([name, { value }]) => [name, value]);
      const ours = [...rootOutputs(root, root)].map(([name, value]) => [name, plain(value)]);
      expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
      expect(theirs.length).toBeGreaterThan(9);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
  testBoundMs,
);

function plain(value: Value): unknown {
  if (isList(value)) return value.map(plain);
  if (isObjectValue(value))
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
  return value;
}
