// The folder of a project with the root module that the functions were read from, and its blocks.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { FoundPlace } from './block-insertions.ts';
import type { FoundBlock } from './found-function.ts';
import { type HclPlace, hclPlaces } from './hcl-places.ts';

const largestFile = 1024 * 1024;
const mostFiles = 1000;

/** What a file has, and undefined where it cannot be read as Terraform code. */
type ReadFile = (file: string) => { readonly text: string; readonly places: readonly HclPlace[] } | undefined;

export class RootModule {
  /** Absolute. */
  readonly folder: string;
  readonly #files: readonly string[];
  readonly #read: ReadFile;

  /**
   * `files` are the project's Terraform files, absolute; `base` is where the state or the plan comes from. The folder is the one with
   * most of the blocks that the root module has, else `base`, else the nearest to `root`.
   */
  constructor(files: readonly string[], blocks: readonly FoundBlock[], base: string, root: string) {
    this.#read = reader();
    const folders = [...new Set(files.map((file) => dirname(file)))].sort(
      (one, other) => one.split('/').length - other.split('/').length || (one < other ? -1 : 1),
    );
    const own = blocks.filter(({ inModule }) => inModule === '');
    const scores = folders.map((folder) => {
      const its = files.filter((file) => dirname(file) === folder).slice(0, mostFiles);
      const heads = new Set(its.flatMap((file) => this.#read(file)?.places.map(headOf) ?? []));
      return own.filter((block) => heads.has(wantedHead(block))).length + (folder === base ? 0.5 : 0);
    });
    const best = Math.max(0, ...scores);
    this.folder = folders[scores.indexOf(best)] ?? root;
    this.#files = files.filter((file) => dirname(file) === this.folder);
  }

  /** Undefined unless there is exactly one. */
  placeOf(block: FoundBlock): FoundPlace | undefined {
    const head = wantedHead(block);
    const found = this.#files.flatMap((file) => {
      const read = this.#read(file);
      return (read?.places ?? [])
        .filter((place) => headOf(place) === head)
        .map((place) => ({ file, text: read?.text ?? '', place }));
    });
    return found.length === 1 ? found[0] : undefined;
  }

  hasVariable(name: string): boolean {
    return this.#files.some((file) =>
      this.#read(file)?.places.some(({ labels, name: type }) => type === 'variable' && labels[0] === name),
    );
  }

  /** Names of the variables and outputs of a module block's module; undefined if it is not in the project and not known. */
  interfaceOf({ file, place, text }: FoundPlace): ModuleInterface | undefined {
    const source = place.content?.find(({ content, name }) => content === undefined && name === 'source');
    const [, path = ''] = /^"([^"$%\\]{1,512})"$/.exec(text.slice(source?.from, source?.to)) ?? [];
    if (isPublicModule(path)) return publicInterface;
    if (!path.startsWith('./') && !path.startsWith('../')) return undefined;
    const folder = resolve(dirname(file), path);
    try {
      const places = readdirSync(folder)
        .filter((name) => name.endsWith('.tf'))
        .slice(0, mostFiles)
        .flatMap((name) => this.#read(join(folder, name))?.places ?? []);
      const named = (type: string) =>
        new Set(places.filter(({ name }) => name === type).flatMap(({ labels }) => labels.slice(0, 1)));
      return { variables: named('variable'), outputs: named('output') };
    } catch {
      return undefined;
    }
  }
}

export interface ModuleInterface {
  readonly variables: ReadonlySet<string>;
  readonly outputs: ReadonlySet<string>;
}

const publicInterface: ModuleInterface = {
  variables: new Set(['layers', 'environment_variables']),
  outputs: new Set(['lambda_role_name', 'lambda_role_arn']),
};

function isPublicModule(source: string): boolean {
  return (
    /^(?:[\w.-]{1,100}\/)?terraform-aws-modules\/lambda\/aws$/.test(source) ||
    (source.includes('terraform-aws-modules/terraform-aws-lambda') && !source.includes('//modules/'))
  );
}

function headOf({ labels, name }: HclPlace): string {
  return [name, ...labels].join(' ');
}

function wantedHead({ kind, label }: FoundBlock): string {
  return kind === 'resource' ? `resource aws_lambda_function ${label}` : `module ${label}`;
}

/** Each file is read once. Files that override others change blocks that are elsewhere. */
function reader(): ReadFile {
  const known = new Map<string, ReturnType<ReadFile>>();
  return (file) => {
    if (!known.has(file)) known.set(file, readPlaces(file));
    return known.get(file);
  };
}

function readPlaces(file: string): ReturnType<ReadFile> {
  if (/(?:^|_)override\.tf$/.test(basename(file))) return undefined;
  try {
    if (statSync(file).size > largestFile) return undefined;
    const text = readFileSync(file, 'utf8');
    const places = hclPlaces(text);
    return places === undefined ? undefined : { text, places };
  } catch {
    return undefined;
  }
}
