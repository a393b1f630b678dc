// `livectl init`: from the Terraform code a team has to a livectl.json, and to what the code needs for livectl.
import { existsSync, lstatSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, isAbsolute, join, relative, resolve } from 'node:path';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { exitCodes } from '../exit-code.ts';
import { terminalAsk } from '../log/ask.ts';
import type { OutputFormat } from '../log/output.ts';
import { configurationOf } from './configuration.ts';
import { writeEditorFiles } from './editors/write-editor-files.ts';
import type { FoundFunction } from './found-function.ts';
import { type InitView, initView, type WantedText } from './init-view.ts';
import { entryOf, keyOf, manifestText, type ServedFunction } from './manifest-text.ts';
import { RootModule } from './root-module.ts';
import { SourceFiles } from './source-files.ts';
import { proposedCode } from './terraform-code.ts';

export interface InitOptions {
  /** `--dir`: the project. */
  readonly dir: string;
  /** `--terraform-json`: what `terraform show -json` printed; default: that command is run. */
  readonly terraformJson: string | undefined;
  /** `--yes`: nothing is asked. */
  readonly yes: boolean;
  readonly editors: readonly ('vscode' | 'jetbrains')[];
  readonly format: OutputFormat;
}

const manifestName = 'livectl.json';
/** Resolves with the exit code. Rejects with LD_CONFIG for what cannot be read, and if nobody can be asked. */
export async function runInit(options: InitOptions): Promise<number> {
  const { editors, terraformJson } = options;
  const root = resolve(options.dir);
  const hasManifest = existsSync(join(root, manifestName));
  const view = initView(options.format);
  if (editors.length === 0 || terraformJson !== undefined || !hasManifest) {
    const isWritten = await initFunctions(root, options, view);
    if (!isWritten) return exitCodes.failure;
  }
  if (editors.length > 0) {
    for (const { change, file } of await writeEditorFiles({ root, editors, functions: [], yes: options.yes }))
      view.written(relative(root, file), change);
  }
  return exitCodes.ok;
}

/** False if the person says no. */
async function initFunctions(root: string, options: InitOptions, view: InitView): Promise<boolean> {
  const { base, found, isTerraform, source } = await configurationOf(root, options);
  const files = new SourceFiles(root, [base]);
  refuseLinks(root, [manifestName, '.gitignore']);
  const before = readManifest(join(root, manifestName));
  const { leftOut, served } = sorted(found.functions, files, before);
  for (const each of served) view.found(each);
  for (const [each, why] of leftOut) view.leftOut(each, why);
  for (const notice of found.notices) view.notice(notice);
  if (found.functions.length === 0) {
    const what = isTerraform ? 'aws_lambda_function' : 'function that can be read';
    throw new LiveDebugError('LD_CONFIG', `${source} has no ${what}`, {
      remedy: isTerraform
        ? 'Name the state or the plan of the configuration that has the functions.'
        : (found.notices[0] ?? 'Write livectl.json by hand.'),
    });
  }
  if (served.length === 0) {
    view.notice(`nothing to add to ${manifestName}`);
    return true;
  }
  const schema = existsSync(join(root, 'node_modules/livectl/livectl.schema.json'))
    ? './node_modules/livectl/livectl.schema.json'
    : undefined;
  const texts: WantedText[] = [
    { name: manifestName, text: manifestText(before?.value, served, schema), before: before?.text },
  ];
  const ignore = ignoreText(root);
  if (ignore !== undefined) texts.push(ignore);
  for (const each of texts) view.proposed(each);
  const isAgreed =
    options.yes ||
    (await agreed(
      texts.map(({ name }) => name),
      options.format,
    ));
  if (!isAgreed) {
    view.notice('nothing is written');
    return false;
  }
  for (const { before: old, name, text } of texts) {
    write(join(root, name), text, old);
    view.written(name, old === undefined ? 'created' : 'changed');
  }
  if (!isTerraform) {
    view.notice(
      `next: livectl serve --local; a stage on AWS needs the Terraform module, beside what ${source} deploys (docs/init.md)`,
    );
    return true;
  }
  const blocks = served.flatMap(({ found: { block } }) => (block === undefined ? [] : [block]));
  const rootModule = new RootModule(files.terraformFiles, blocks, base, root);
  const { folder } = rootModule;
  const inFolder = relative(folder, root).replaceAll('\\', '/');
  const code = proposedCode(served, found.functions, {
    root,
    rootModule,
    moduleFile: join(relative(root, folder), 'live_debug.tf').replaceAll('\\', '/'),
    manifest: inFolder === '' ? manifestName : `${inFolder}/${manifestName}`,
    source: `${inFolder === '' ? '.' : inFolder}/node_modules/livectl/terraform/modules/live-debug`,
  });
  view.code(code);
  return true;
}

interface ReadText {
  readonly text: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Throws LD_CONFIG if the file is there and not an object in JSON: `init` adds to it and must not lose what it has. */
function readManifest(file: string): ReadText | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const text = readFileSync(file, 'utf8');
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { text, value: value as ReadText['value'] };
    throw new Error('it is not an object');
  } catch (cause) {
    throw new LiveDebugError('LD_CONFIG', `${file} cannot be added to: ${messageOf(cause)}`, {
      remedy: 'Correct it, or move it away.',
      cause,
    });
  }
}

function sorted(functions: readonly FoundFunction[], files: SourceFiles, before: ReadText | undefined) {
  const existing = (before?.value.functions ?? {}) as Readonly<
    Record<string, { function_name?: unknown; handler?: unknown; source_dir?: unknown }>
  >;
  const taken = new Set(Object.keys(existing));
  const served: ServedFunction[] = [];
  const byName = new Map<unknown, ServedFunction>();
  const leftOut: [FoundFunction, string][] = [];
  for (const found of functions) {
    if (found.leftOut !== undefined) {
      leftOut.push([found, found.leftOut]);
      continue;
    }
    const source = files.find(found);
    if ('why' in source) {
      leftOut.push([found, source.why]);
      continue;
    }
    const { entry, isWrapped, mistake } = entryOf(found, source);
    const namesake = entry.function_name === undefined ? undefined : byName.get(entry.function_name);
    const same = Object.entries(existing).find(
      ([, each]) =>
        (each.function_name !== undefined && each.function_name === entry.function_name) ||
        // One handler may serve several functions of AWS, each with a name and settings of its own.
        ((each.function_name === undefined || entry.function_name === undefined) &&
          each.handler === entry.handler &&
          (each.source_dir ?? '.') === (entry.source_dir ?? '.')),
    );
    if (same !== undefined) leftOut.push([found, `livectl.json has it already, as ${same[0]}`]);
    else if (mistake !== undefined) leftOut.push([found, `its settings: ${mistake}`]);
    else if (namesake !== undefined)
      leftOut.push([
        found,
        `its function_name is also that of ${namesake.found.address}, and livectl.json takes one`,
      ]);
    else {
      const key = keyOf(found.name, taken);
      taken.add(key);
      const added = { key, found, source, entry, isWrapped };
      served.push(added);
      if (entry.function_name !== undefined) byName.set(entry.function_name, added);
    }
  }
  return { served, leftOut };
}

/** Undefined if .gitignore has the line, or the project is not a repository. */
function ignoreText(root: string): WantedText | undefined {
  const file = join(root, '.gitignore');
  const before = textOf(file);
  if (before === undefined && !existsSync(join(root, '.git'))) return undefined;
  const lines = (before ?? '').split(/\r?\n/).map((line) => line.trim());
  if (lines.some((line) => /^\/?\.livectl\/?$/.test(line))) return undefined;
  const start = before === undefined || before === '' ? '' : before.endsWith('\n') ? before : `${before}\n`;
  return { name: '.gitignore', text: `${start}.livectl/\n`, before };
}

/** Undefined if it does not exist. Throws LD_CONFIG if it cannot be read. */
function textOf(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LiveDebugError('LD_CONFIG', `${file} cannot be read: ${messageOf(cause)}`, {
      remedy: 'Correct it, or move it away.',
      cause,
    });
  }
}

/** Throws LD_CONFIG if the file has changed since it was read, and where it cannot be written. */
function write(file: string, text: string, before: string | undefined): void {
  if (textOf(file) !== before)
    throw new LiveDebugError('LD_CONFIG', `${basename(file)} has changed in the meantime`, {
      remedy: 'Run livectl init again.',
    });
  try {
    writeFileSync(file, text, { flag: before === undefined ? 'wx' : 'w' });
  } catch (cause) {
    throw new LiveDebugError('LD_CONFIG', `${file} cannot be written: ${messageOf(cause)}`, {
      remedy: 'Check the permissions of the file and its folder.',
      cause,
    });
  }
}

/** Throws LD_CONFIG for a link that leads out of the project, or nowhere: what is written through it is written elsewhere. */
function refuseLinks(root: string, names: readonly string[]): void {
  for (const name of names) {
    const file = join(root, name);
    if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() !== true) continue;
    const target = existsSync(file) ? relative(realpathSync(root), realpathSync(file)) : undefined;
    if (target === undefined || target.startsWith('..') || isAbsolute(target))
      throw new LiveDebugError(
        'LD_CONFIG',
        `${file} is a link to a file outside of the project, or to none`,
        {
          remedy: 'Replace it with a file.',
        },
      );
  }
}

async function agreed(names: readonly string[], format: OutputFormat): Promise<boolean> {
  const what = names.join(' and ');
  const ask = format === 'json' ? undefined : terminalAsk();
  if (ask === undefined)
    throw new LiveDebugError('LD_CONFIG', `${what} would be written, and nobody can be asked`, {
      remedy: 'Pass --yes.',
    });
  return (await ask(`Write ${what}?`, ['yes', 'no'])) === 'yes';
}
