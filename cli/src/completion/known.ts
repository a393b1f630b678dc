// What a command line may name: functions, stages, profiles and recordings. Everything is bounded, and nothing fails.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { moderateFile } from '../folders/moderate-file.ts';
import { projectAbove } from '../folders/project-above.ts';
import { stagesInFiles } from '../manifest/stages-in-files.ts';

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

const mostRecordings = 50;

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
    stages: async () => [...new Set([...(await servedStages()), ...stagesInFiles(root)])].sort(),
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
    const { functions } = JSON.parse(moderateFile(file)) as {
      functions?: Record<string, { triggers?: object }>;
    };
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

function profilesOf(file: string): string[] {
  try {
    const lines = moderateFile(file).split('\n');
    return lines.flatMap((line) => /^\[(?:profile )?([\w.@-]{1,128})\]/.exec(line)?.[1] ?? []).sort();
  } catch {
    return [];
  }
}

function flagValue(words: readonly string[], flag: string): string | undefined {
  const at = words.indexOf(flag);
  return at < 0 ? words.find((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1) : words[at + 1];
}
