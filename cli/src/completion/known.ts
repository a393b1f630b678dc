// What a command line may name: functions, stages, profiles and recordings. Everything is bounded, and nothing fails.
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { projectAbove } from '../folders/project-above.ts';

/** Each list is empty where nothing is known. */
export interface Known {
  /** Functions of the manifest; with `words`, of those that the source among them invokes. */
  functions(words?: readonly string[]): Promise<readonly string[]>;
  /** Event sources of the manifest's functions. */
  sources(): Promise<readonly string[]>;
  /** Stages that this machine serves, and those that the project's files name. */
  stages(): Promise<readonly string[]>;
  /** Profiles of the AWS configuration. */
  profiles(): Promise<readonly string[]>;
  /** Keys of the newest recordings, newest first. */
  recordings(): Promise<readonly string[]>;
}

const mostFileBytes = 1024 * 1024;
const mostRecordings = 50;
/** Files with variables of Terraform that are looked at. */
const mostVariableFiles = 20;

/** `words` are those of the command line, with `--root` and `--config`. */
export function known(words: readonly string[]): Known {
  const root = resolve(flagValue(words, '--root') ?? projectAbove('.') ?? '.');
  const functions = () => functionsOf(resolve(flagValue(words, '--config') ?? join(root, 'livectl.json')));
  return {
    async functions(given = []) {
      const all = functions();
      const source = given.find((word) => [...all.values()].some((sources) => sources.includes(word)));
      return [...all].flatMap(([name, sources]) =>
        source === undefined || sources.includes(source) ? [name] : [],
      );
    },
    sources: async () => [...new Set([...functions().values()].flat()), 'lambda'].sort(),
    stages: async () => [...new Set([...(await servedStages()), ...stagesOfFiles(root)])].sort(),
    profiles: async () => profilesOf(process.env.AWS_CONFIG_FILE ?? join(homedir(), '.aws', 'config')),
    async recordings() {
      try {
        const { openRecordings } = await import('../recordings/recordings-folder.ts');
        return (await openRecordings(root).keys()).reverse().slice(0, mostRecordings);
      } catch {
        return [];
      }
    },
  };
}

/** Their event sources as `livectl trigger` names them. */
function functionsOf(file: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  try {
    const { functions } = JSON.parse(textOf(file)) as { functions?: Record<string, { triggers?: object }> };
    for (const [name, settings] of Object.entries(functions ?? {}))
      found.set(name, Object.keys(settings?.triggers ?? {}));
  } catch {
    // No manifest, or one that livectl serve explains.
  }
  return found;
}

async function servedStages(): Promise<string[]> {
  try {
    const { readServeStates } = await import('../control/serve-state.ts');
    return (await readServeStates()).flatMap(({ place }) => (place.kind === 'stage' ? [place.stage] : []));
  } catch {
    return [];
  }
}

/** `stage = "dev-tom"` in the folder's Terraform files and variables. */
function stagesOfFiles(root: string): string[] {
  try {
    const names = readdirSync(root).filter((name) => /\.(?:tf|tfvars)$/.test(name));
    return names.slice(0, mostVariableFiles).flatMap((name) => {
      const lines = textOf(join(root, name)).split('\n');
      return lines.flatMap((line) => /^\s{0,20}stage\s{0,20}=\s{0,20}"([\w.-]{1,64})"/.exec(line)?.[1] ?? []);
    });
  } catch {
    return [];
  }
}

function profilesOf(file: string): string[] {
  try {
    const lines = textOf(file).split('\n');
    return lines.flatMap((line) => /^\[(?:profile )?([\w.@-]{1,128})\]/.exec(line)?.[1] ?? []).sort();
  } catch {
    return [];
  }
}

/** Throws for anything but a file of moderate size; a pipe is not waited for. */
function textOf(file: string): string {
  const handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = fstatSync(handle);
    if (!stats.isFile() || stats.size > mostFileBytes) throw new Error('unsuitable');
    return readFileSync(handle, 'utf8');
  } finally {
    closeSync(handle);
  }
}

function flagValue(words: readonly string[], flag: string): string | undefined {
  const at = words.indexOf(flag);
  return at < 0 ? words.find((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1) : words[at + 1];
}
