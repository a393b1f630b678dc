// `livectl init`: its flags; init/run-init.ts does the work.
import { Command, Option } from 'clipanion';
import type { OutputFormat } from '../log/output.ts';
import { describeFlag } from './flag-help.ts';
import { LivectlCommand, outputFlags } from './livectl-command.ts';

export class InitCommand extends LivectlCommand {
  static override paths = [['init']];

  static override usage = Command.Usage({
    description: 'Write livectl.json from the Terraform code you have',
    details: `
      Reads \`terraform show -json\` of a state or a plan: every function, in all modules, with \`for_each\` and \`count\`. It finds the
      source file of each handler, and says of each function that it leaves out why. It shows what it would write and asks; an existing
      livectl.json keeps its entries. Values that look secret are not written.

      The Terraform code that livectl needs is shown as a diff and written nowhere.

      Where there is no state it reads the .tf files; in a project without Terraform code a template.yaml of SAM or CloudFormation, or a
      serverless.yml.
    `,
    examples: [
      ['Ask before anything is run or written', 'livectl init'],
      ['From a file, without questions', 'livectl init --yes --terraform-json state.json'],
      ['Only start and debug configurations for VS Code', 'livectl init --vscode'],
    ],
  });

  dir = Option.String('--dir', '.', {
    description: describeFlag('Where', 'DIR', 'Folder of the project; default the current one'),
  });
  terraformJson = Option.String('--terraform-json', {
    description: describeFlag(
      'Where',
      'FILE',
      'What terraform show -json printed, of a state or a plan; default: that command is run',
    ),
  });
  yes = Option.Boolean('--yes', false, {
    description: describeFlag('Output', 'Answer every question with yes'),
  });
  vscode = Option.Boolean('--vscode', false, {
    description: describeFlag(
      'Output',
      'Also write .vscode/launch.json and tasks.json, with a debugger for each function',
    ),
  });
  jetbrains = Option.Boolean('--jetbrains', false, {
    description: describeFlag('Output', 'Also write run configurations for JetBrains IDEs'),
  });
  format = outputFlags.format('one object a line');
  verbose = outputFlags.verbose();

  async run(format: OutputFormat): Promise<number> {
    const { runInit } = await import('../init/run-init.ts');
    const { dir, jetbrains, terraformJson, vscode, yes } = this;
    const editors = [
      ...(vscode ? (['vscode'] as const) : []),
      ...(jetbrains ? (['jetbrains'] as const) : []),
    ];
    return runInit({ dir, terraformJson, yes, editors, format });
  }
}
