// Every invalid manifest of functions.json, and only those, is refused at plan with the function and the field.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectedMistakes, functionCases } from './function-cases.ts';
import { missingTool, moduleFolder, testBoundMs, Workspace } from './terraform-cli.ts';

const skipped = missingTool('terraform');
const folder = `${moduleFolder}/modules/functions`;
const unknown = 'terraform/test/fixtures/functions';

describe.skipIf(skipped)(`functions of the module${skipped ? ` (${skipped})` : ''}`, () => {
  let workspace: Workspace;
  /** Lines that name a mistake, by case. */
  const lines = new Map<string, string[]>();

  // One plan, without a provider. A copy for each case, since a diagnostic names the file and not the module.
  beforeAll(async () => {
    workspace = new Workspace([folder, unknown]);
    const settings = {
      mode: 'replace',
      create: true,
      timeout_margin: 5,
      enabled: true,
      name: 'live-debug',
      stage: 'local',
    };
    mkdirSync(workspace.path('cases'));
    const module = Object.fromEntries(
      functionCases.map(({ module_mode: mode = settings.mode }, index) => {
        const source = `./case_${index}`;
        cpSync(workspace.path(folder), workspace.path(join('cases', source)), { recursive: true });
        const functions = `\${var.cases.case_${index}}`;
        return [`case_${index}`, { source, ...settings, mode, functions, given: functions }];
      }),
    );
    writeFileSync(
      workspace.path('cases/main.tf.json'),
      JSON.stringify({ module, variable: { cases: { type: 'any' } } }),
    );
    // As a variable, which is known at plan: else the validation before it would end with what has a wrong type.
    const cases = Object.fromEntries(
      functionCases.map(({ functions }, index) => [`case_${index}`, functions]),
    );
    writeFileSync(workspace.path('cases/terraform.tfvars.json'), JSON.stringify({ cases }));
    await workspace.succeed('cases', 'init');
    const { stdout } = await workspace.terraform('cases', 'plan', '-json');
    for (const line of stdout.split('\n')) {
      const { diagnostic } = JSON.parse(line || '{}');
      if (diagnostic === undefined) continue;
      const text: string = diagnostic.detail;
      const [key = text] = /case_\d+/.exec(`${diagnostic.range?.filename} ${text}`) ?? [];
      // Terraform's own words, beside a rule that says where.
      if (/declared at [^ ]+: a number is required\.$/.test(text)) continue;
      const isRule = diagnostic.summary === 'Module output value precondition failed';
      const mistakes = isRule ? (text.split('\n\n')[0] ?? '').split('\n- ').slice(1) : [text];
      lines.set(key, [...(lines.get(key) ?? []), ...mistakes]);
    }
  }, testBoundMs);

  afterAll(() => workspace?.remove());

  it.each(functionCases.map((one, index) => [one.name, one, `case_${index}`] as const))(
    '%s',
    (_name, one, key) => {
      const expected = expectedMistakes(one, 'terraform');
      const found = lines.get(key) ?? [];
      const missing = (expected ?? []).filter(
        ({ functionName, words }) =>
          !found.some(
            (line) =>
              (line.startsWith(`functions["${functionName}"]`) ||
                line.includes(`element "${functionName}":`)) &&
              [...words, ...(one.names ?? [])].every((word) => line.includes(word)),
          ),
      );
      expect({ missing, found: found.length, lines: found }).toEqual({
        missing: [],
        found: expected?.length ?? 0,
        lines: found,
      });
    },
  );

  it('covers what no single case does', () => {
    expect([...lines.keys()].filter((key) => !/^case_\d+$/.test(key))).toEqual([]);
  });

  it('are checked beside values that are secret, or not known before the apply', async () => {
    await workspace.succeed(unknown, 'init');
    const run = (...args: readonly string[]) => workspace.terraform(unknown, ...args);
    const refused = await run('plan', '-var', 'timeout=901');
    expect(unwrapped(refused.output)).toContain(
      '- functions["plain"].timeout must be a whole number of seconds from 1 to 900, not 901.',
    );
    const late = await run('apply', '-auto-approve', '-var', 'arn=orders');
    expect(unwrapped(late.output)).toContain(
      '- functions["unknown"].fallback_arn must be the ARN of a function',
    );
    const applied = await workspace.succeed(unknown, 'apply', '-auto-approve');
    expect(applied).toContain('Apply complete!');
    for (const output of [refused.output, late.output, applied]) {
      expect(output).not.toMatch(/refers to sensitive values|s3cret/);
    }
    // A stage can end whatever is wrong with it.
    expect((await run('destroy', '-auto-approve', '-var', 'timeout=901')).output).toContain(
      'Destroy complete!',
    );
  }, 120_000);
});

/** Terraform wraps its lines at 78 characters. */
function unwrapped(output: string): string {
  return output.replace(/\s+/g, ' ');
}
