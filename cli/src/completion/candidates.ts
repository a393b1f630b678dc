// What completes a command line: worked out from the commands' own definitions, the manifest, and what runs on this machine.
import type { Definition } from 'clipanion';
import { type Known, known } from './known.ts';

/** One completion; `about` is for shells that show it. */
export interface Candidate {
  readonly word: string;
  readonly about?: string | undefined;
}

/** What completes a word: candidates, or files of the shell's choice. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Whether paths complete it as well; `json`: for a file with an event. */
  readonly files: boolean;
}

const nothing: Completion = { candidates: [], files: false };
const files: Completion = { candidates: [], files: true };

/** A definition as this module uses it. */
type Command = Pick<Definition, 'path' | 'options' | 'description'>;

/**
 * Completes the last of `words`, which may be empty; the words before it are complete. `definitions` are those of all commands,
 * `program` is the first word of their paths. Never rejects: what cannot be read completes nothing.
 */
export async function complete(
  definitions: readonly Command[],
  program: string,
  words: readonly string[],
): Promise<Completion> {
  const commands = definitions.map((each) => ({
    ...each,
    names: each.path.split(' ').filter((name) => name !== program),
  }));
  const current = words.at(-1) ?? '';
  const before = joined(words.slice(0, -1));
  const path: string[] = [];
  for (const word of before) {
    const isPath = commands.some(({ names }) => startsWith(names, [...path, word]));
    if (!isPath) break;
    path.push(word);
  }
  const rest = before.slice(path.length);
  const command = commands.find(({ names }) => names.length === path.length && startsWith(names, path));
  const next = rest.length > 0 ? [] : subcommands(commands, path);
  if (command === undefined) return matching({ candidates: next, files: false }, current);

  const context: Context = { command: path.join(' '), words: rest, all: known(rest) };
  const [, flag, value] = /^(--[a-z-]+)=(.*)$/s.exec(current) ?? [];
  if (flag !== undefined && value !== undefined) {
    const completion = matching(await valuesOfFlag(flag, context), value);
    const candidates = completion.candidates.map((each) => ({ ...each, word: `${flag}=${each.word}` }));
    return { candidates, files: false };
  }
  const last = rest.at(-1);
  if (last !== undefined && takesValue(command, last))
    return matching(await valuesOfFlag(last, context), current);
  if (current.startsWith('-')) return matching({ candidates: flags(command), files: false }, current);
  const positional = await positionalOf(context, positionals(command, rest));
  return matching({ ...positional, candidates: [...next, ...positional.candidates] }, current);
}

interface Context {
  /** E.g. `recordings export`. */
  readonly command: string;
  /** After the command. */
  readonly words: readonly string[];
  readonly all: Known;
}

const fileFlags = new Set([
  '--root',
  '--config',
  '--deployed',
  '--dir',
  '--out',
  '--terraform-json',
  '--file',
]);

/** What may be the value of a flag. */
async function valuesOfFlag(flag: string, { all }: Context): Promise<Completion> {
  if (flag === '--format') return fixed(['pretty', 'json']);
  if (flag === '--function') return fixed(await all.functions());
  if (flag === '--stage') return fixed(await all.stages());
  if (flag === '--profile') return fixed(await all.profiles());
  if (flag === '--as' || flag === '--env' || flag === '--only' || flag === '--set') return nothing;
  return fileFlags.has(flag) || flag.endsWith('-file') || flag === '--event' ? files : nothing;
}

/** What may stand at a place without a flag; `index` counts from 0. */
async function positionalOf({ all, command, words }: Context, index: number): Promise<Completion> {
  if (command === 'completion' && index === 0) return fixed(['bash', 'zsh', 'fish']);
  if (command === 'invoke' && index === 0) return fixed(await all.functions());
  if (command === 'trigger') {
    if (index === 0) return fixed([...(await all.sources()), ...(await all.functions())]);
    return index === 1 ? fixed(await all.functions(words)) : nothing;
  }
  if (command === 'replay' && index === 0) return fixed(['last', ...(await all.recordings())]);
  if (command === 'recordings export' && index === 0) return fixed(await all.recordings());
  return nothing;
}

/** bash splits words at `=`: `--format = json` is `--format json`. */
function joined(words: readonly string[]): string[] {
  return words.filter((word) => word !== '=');
}

function subcommands(
  commands: readonly (Command & { readonly names: string[] })[],
  path: readonly string[],
): Candidate[] {
  const found = new Map<string, string | undefined>();
  for (const { description, names } of commands) {
    if (names.length <= path.length || !startsWith(names, path)) continue;
    const word = names[path.length] ?? '';
    const isWhole = names.length === path.length + 1;
    if (isWhole || !found.has(word)) found.set(word, isWhole ? description : found.get(word));
  }
  return [...found].map(([word, about]) => ({ word, about }));
}

function flags({ options }: Command): Candidate[] {
  const all = options.map(({ definition, description }) => ({
    word: namesOf(definition).at(-1) ?? '',
    about: description,
  }));
  return [...all, { word: '--help', about: 'Show examples and all flags' }];
}

function takesValue({ options }: Command, flag: string): boolean {
  return options.some(({ definition }) => definition.includes(' ') && namesOf(definition).includes(flag));
}

/** Of `-f,--flag VALUE`. */
function namesOf(definition: string): string[] {
  return (definition.split(' ')[0] ?? '').split(',');
}

/** How many words without a flag there are. */
function positionals(command: Command, words: readonly string[]): number {
  return words.filter((word, index) => {
    const previous = words[index - 1];
    return !word.startsWith('-') && !(previous !== undefined && takesValue(command, previous));
  }).length;
}

function startsWith(names: readonly string[], path: readonly string[]): boolean {
  return path.length <= names.length && path.every((word, index) => names[index] === word);
}

function fixed(words: readonly string[]): Completion {
  return { candidates: words.map((word) => ({ word })), files: false };
}

function matching({ candidates, files: alsoFiles }: Completion, current: string): Completion {
  return { candidates: candidates.filter(({ word }) => word.startsWith(current)), files: alsoFiles };
}
