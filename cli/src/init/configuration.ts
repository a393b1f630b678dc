// Which of a team's configurations `init` reads: a state or a plan, .tf files, or those of another tool.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { terminalAsk } from '../log/ask.ts';
import type { OutputFormat } from '../log/output.ts';
import type { Found } from './found-function.ts';
import { otherTools } from './other-tools.ts';
import { readTerraformFiles } from './terraform-files/read-terraform-files.ts';
import { terraformFunctions } from './terraform-functions.ts';
import { terraformResources } from './terraform-json.ts';

export interface ConfigurationOptions {
  /** What `terraform show -json` printed, a file; undefined: that command is run where there may be a state. */
  readonly terraformJson: string | undefined;
  /** Nothing is asked. */
  readonly yes: boolean;
  readonly format: OutputFormat;
}

export interface Configuration {
  readonly found: Found;
  /** What was read, for messages. */
  readonly source: string;
  /** The folder that paths in it are relative to. */
  readonly base: string;
  /** False for other tools, whose files take no proposed code. */
  readonly isTerraform: boolean;
}

/** A state of some thousand resources has a few MB. */
const mostJsonBytes = 200 * 1024 * 1024;
/** Reading a remote state takes seconds. */
const showBoundMs = 60_000;
/** Where teams have their Terraform code. */
const usualFolders = ['terraform', 'infra', 'infrastructure', 'deploy', 'iac'];

/**
 * The configuration of a project: the file that was named; the state, where `terraform init` was run; .tf files, where there is no
 * state; SAM and serverless.yml. Rejects with LD_CONFIG for what cannot be read, and if nobody can be asked.
 */
export async function configurationOf(root: string, options: ConfigurationOptions): Promise<Configuration> {
  const { terraformJson } = options;
  if (terraformJson !== undefined) {
    const found = terraformFunctions(terraformResources(readText(terraformJson), terraformJson));
    return { found, source: terraformJson, base: dirname(resolve(terraformJson)), isTerraform: true };
  }
  const initialized = folders(root).find((each) => existsSync(join(each, '.terraform')));
  if (initialized !== undefined) return ofState(root, initialized, options);
  const files = ofFiles(root, folders(root));
  if (files !== undefined && files.found.functions.length > 0) return files;
  const other = await otherTools(root);
  if (other !== undefined) return { ...other, base: root, isTerraform: false };
  if (files !== undefined) return files;
  throw new LiveDebugError('LD_CONFIG', `there is no Terraform configuration in ${root}`, { remedy });
}

const remedy =
  'Run `terraform show -json > state.json` where your configuration is, then `livectl init --terraform-json state.json`.';

function folders(root: string): string[] {
  return [root, ...usualFolders.map((name) => join(root, name))];
}

/** The .tf files of the first folder that has some; undefined if none has. */
function ofFiles(root: string, all: readonly string[]): Configuration | undefined {
  const base = all.find(hasTerraformFiles);
  const read = base === undefined ? undefined : readTerraformFiles(base, root);
  if (base === undefined || read === undefined) return undefined;
  const { functions, notices } = terraformFunctions(read.resources);
  const source = join(relative(root, base), '*.tf').replaceAll('\\', '/');
  const from = `read from ${source}, since there is no state: what only an apply knows is left out`;
  return {
    found: { functions, notices: [from, ...read.notices, ...notices] },
    source,
    base,
    isTerraform: true,
  };
}

function hasTerraformFiles(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => /\.tf(?:\.json)?$/.test(name));
  } catch {
    return false;
  }
}

function readText(name: string): string {
  try {
    const file = resolve(name);
    if (statSync(file).size > mostJsonBytes) throw new Error(`it is over ${mostJsonBytes / 1024 / 1024} MB`);
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LiveDebugError('LD_CONFIG', `${name} cannot be read: ${messageOf(cause)}`, {
      remedy: 'Write it with `terraform show -json > FILE`.',
      cause,
    });
  }
}

/** What `terraform show` prints of the folder's state; its .tf files if nothing was applied yet. */
async function ofState(
  root: string,
  folder: string,
  { format, yes }: ConfigurationOptions,
): Promise<Configuration> {
  const command = `terraform -chdir=${relative(root, folder) || '.'} show -json`;
  if (!yes) {
    const ask = format === 'json' ? undefined : terminalAsk();
    if (ask === undefined)
      throw new LiveDebugError('LD_CONFIG', `${command} would be run, and nobody can be asked`, {
        remedy: `Pass --yes, or a file: ${remedy}`,
      });
    if ((await ask(`Run ${command}, which reads your state?`, ['yes', 'no'])) === 'no') {
      const files = ofFiles(root, [folder]);
      if (files !== undefined) return files;
      throw new LiveDebugError('LD_CONFIG', 'there is no state to read', { remedy });
    }
  }
  const json = await shown(folder, command);
  if (isEmptyState(json)) {
    const files = ofFiles(root, [folder]);
    if (files !== undefined) return files;
  }
  const found = terraformFunctions(terraformResources(json, command));
  return { found, source: command, base: folder, isTerraform: true };
}

async function shown(folder: string, command: string): Promise<string> {
  try {
    const args = [`-chdir=${folder}`, 'show', '-json'];
    const { stdout } = await promisify(execFile)('terraform', args, {
      maxBuffer: mostJsonBytes,
      timeout: showBoundMs,
    });
    return stdout;
  } catch (cause) {
    const [first = ''] = messageOf(cause).split('\n').slice(-2);
    throw new LiveDebugError('LD_CONFIG', `${command} failed: ${first.slice(0, 500)}`, { remedy, cause });
  }
}

/** As terraform prints it before the first apply: `{"format_version":"1.0"}`. */
function isEmptyState(json: string): boolean {
  if (json.length > 1000) return false;
  try {
    const value: unknown = JSON.parse(json);
    return (
      typeof value === 'object' && value !== null && !('values' in value) && !('planned_values' in value)
    );
  } catch {
    return false;
  }
}
