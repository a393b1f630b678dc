// The .tf and .tf.json files of one folder, which are one module of Terraform.
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseFile } from '../hcl/parse-body.ts';
import { parseJsonFile, parseJsonValues } from '../hcl/parse-json.ts';
import { type Block, type Body, type Expression, SyntaxFault } from '../hcl/syntax.ts';

/** A block, and the name of the file that has it. */
export interface FileBlock extends Block {
  readonly file: string;
}

/** A file that is not read. */
export interface FileFault {
  readonly file: string;
  readonly line: number | undefined;
  /** A phrase: "it is over 1 MB". */
  readonly why: string;
}

export interface ModuleFiles {
  readonly blocks: readonly FileBlock[];
  readonly faults: readonly FileFault[];
}

/** Of one file, in bytes. */
const largestFile = 1024 * 1024;
/** Of one folder. */
const mostFiles = 500;

/** Undefined if the folder has none. Never throws: what cannot be read is a fault. */
export function readModule(folder: string): ModuleFiles | undefined {
  const names = namesIn(folder).filter((name) => /\.tf(?:\.json)?$/.test(name));
  if (names.length === 0) return undefined;
  const faults: FileFault[] = [];
  const blocks: FileBlock[] = [];
  const [beyond] = names.slice(mostFiles);
  if (beyond !== undefined)
    faults.push({ file: join(folder, beyond), line: undefined, why: `a folder has over ${mostFiles} files` });
  for (const name of names.slice(0, mostFiles)) {
    const file = join(folder, name);
    if (/(?:^|_)override\.tf(?:\.json)?$/.test(name)) {
      faults.push({ file, line: undefined, why: 'it overrides other files' });
      continue;
    }
    const body = bodyOf(file, name.endsWith('.json') ? parseJsonFile : parseFile);
    if ('why' in body) faults.push(body);
    else blocks.push(...body.blocks.map((block) => ({ ...block, file })));
  }
  return { blocks, faults };
}

/** The values of `terraform.tfvars` and `*.auto.tfvars`, the later ones over the earlier ones, as Terraform loads them. */
export function readVariableFiles(folder: string): {
  readonly values: ReadonlyMap<string, Expression>;
  readonly faults: readonly FileFault[];
} {
  const own = ['terraform.tfvars', 'terraform.tfvars.json'];
  const all = namesIn(folder);
  const automatic = all.filter((name) => /\.auto\.tfvars(?:\.json)?$/.test(name));
  const values = new Map<string, Expression>();
  const faults: FileFault[] = [];
  for (const name of [...own.filter((each) => all.includes(each)), ...automatic]) {
    const body = bodyOf(join(folder, name), name.endsWith('.json') ? parseJsonValues : parseFile);
    if ('why' in body) faults.push(body);
    else for (const [key, { value }] of body.attributes) values.set(key, value);
  }
  return { values, faults };
}

/** Sorted; links and folders are not in it. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}

function bodyOf(file: string, parse: (text: string) => Body): Body | FileFault {
  try {
    if (lstatSync(file).size > largestFile) return { file, line: undefined, why: 'it is over 1 MB' };
    return parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return error instanceof SyntaxFault
      ? { file, line: error.line, why: error.message }
      : { file, line: undefined, why: 'it cannot be read' };
  }
}
