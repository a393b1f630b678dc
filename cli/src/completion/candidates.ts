// What completes a command line: worked out from the commands' help, the manifest, and what runs on this machine.
import { type Known, known } from './known.ts';

/** One completion; `about` is for shells that show it. */
export interface Candidate {
  readonly word: string;
  readonly about?: string | undefined;
}

/** What completes a word: candidates, or files of the shell's choice. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Where paths complete it as well: the beginning of the word that stands before the path, often `''`. */
  readonly files: string | undefined;
}

/** What this module needs of a command's help. */
export interface CompletedCommand {
  /** Without `livectl`. */
  readonly words: readonly string[];
  readonly about: string;
  readonly flags: readonly CompletedFlag[];
}

interface CompletedFlag {
  /** The last one is offered. */
  readonly names: readonly string[];
  /** What its value is called; `''` or `[=...]` where the next word is not its value. */
  readonly value: string;
  readonly about: string;
}

const nothing: Completion = { candidates: [], files: undefined };
const files: Completion = { candidates: [], files: '' };

/**
 * Completes the last of `words`, which may be empty; the words before it are complete. Never rejects: what cannot be read
 * completes nothing.
 */
export async function complete(
  commands: readonly CompletedCommand[],
  words: readonly string[],
): Promise<Completion> {
  const current = words.at(-1) ?? '';
  const before = joined(words.slice(0, -1));
  if (before[0] === 'help')
    return { ...nothing, ...matching(namesAfter(commands, before.slice(1)), current) };
  const path: string[] = [];
  for (const word of before) {
    const isPath = commands.some((each) => startsWith(each.words, [...path, word]));
    if (!isPath) break;
    path.push(word);
  }
  const rest = before.slice(path.length);
  const command = commands.find((each) => each.words.length === path.length && startsWith(each.words, path));
  const next = rest.length > 0 ? [] : namesAfter(commands, path);
  if (command === undefined) {
    const top = path.length === 0 && rest.length === 0 ? topFlags : [];
    return { ...nothing, ...matching(current.startsWith('-') ? top : next, current) };
  }
  const context: Context = { command: path.join(' '), words: rest, all: known(rest) };
  const [, name, value] = /^(--[a-z-]+)=(.*)$/s.exec(current) ?? [];
  if (name !== undefined && value !== undefined)
    return after(`${name}=`, await valuesOfFlag(flagOf(command, name), value, context));
  const last = flagOf(command, rest.at(-1) ?? '');
  if (last !== undefined && takesNextWord(last)) return valuesOfFlag(last, current, context);
  if (current.startsWith('-')) return { ...nothing, ...matching(flags(command), current) };
  const positional = await positionalOf(context, positionals(command, rest));
  return { ...positional, ...matching([...next, ...positional.candidates], current) };
}

interface Context {
  /** E.g. `recordings export`. */
  readonly command: string;
  /** After the command. */
  readonly words: readonly string[];
  readonly all: Known;
}

/** What may be the value of a flag, of which `typed` is there already. */
async function valuesOfFlag(
  flag: CompletedFlag | undefined,
  typed: string,
  { all, command }: Context,
): Promise<Completion> {
  if (flag === undefined) return nothing;
  const candidates = await wordsOfFlag(flag, command, all);
  if (candidates.length > 0) return { ...nothing, ...matching(wordsOnly(candidates), typed) };
  if (flag.value === 'FILE' || flag.value === 'DIR') return files;
  if (!flag.value.endsWith('@FILE')) return nothing;
  // `@FILE`, or `FUNCTION:@FILE` of --env; `@@` begins a text.
  const [, start] = /^((?:[\w-]{1,64}:)?@)(?!@)/.exec(typed) ?? [];
  return start === undefined ? nothing : { candidates: [], files: start };
}

async function wordsOfFlag(
  { names, value }: CompletedFlag,
  command: string,
  all: Known,
): Promise<readonly string[]> {
  const name = names.at(-1);
  if (name === '--format') return ['pretty', 'json'];
  if (name === '--function') return all.functions();
  if (name === '--stage') return all.stages();
  if (name === '--profile') return all.profiles();
  if (name === '--status' && command === 'recordings') return ['ok', 'error', 'running'];
  return value === 'FORM' ? ['event', 'curl', 'invoke', 'vitest', 'pytest'] : [];
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

/** The words that may follow `path`. */
function namesAfter(commands: readonly CompletedCommand[], path: readonly string[]): Candidate[] {
  const found = new Map<string, string | undefined>();
  for (const { about, words } of commands) {
    if (words.length <= path.length || !startsWith(words, path)) continue;
    const word = words[path.length] ?? '';
    const isWhole = words.length === path.length + 1;
    if (isWhole || !found.has(word)) found.set(word, isWhole ? about : found.get(word));
  }
  return [...found].map(([word, about]) => ({ word, about }));
}

const topFlags: readonly Candidate[] = [
  { word: '--help', about: 'List the commands' },
  { word: '--version', about: 'Show the version' },
];

function flags(command: CompletedCommand): Candidate[] {
  return command.flags.map(({ about, names }) => ({ word: names.at(-1) ?? '', about }));
}

function flagOf(command: CompletedCommand, name: string): CompletedFlag | undefined {
  return command.flags.find(({ names }) => names.includes(name));
}

function takesNextWord({ value }: CompletedFlag): boolean {
  return value !== '' && !value.startsWith('[');
}

/** How many words without a flag there are. */
function positionals(command: CompletedCommand, words: readonly string[]): number {
  return words.filter((word, index) => {
    const previous = flagOf(command, words[index - 1] ?? '');
    return !word.startsWith('-') && !(previous !== undefined && takesNextWord(previous));
  }).length;
}

function startsWith(names: readonly string[], path: readonly string[]): boolean {
  return path.length <= names.length && path.every((word, index) => names[index] === word);
}

function fixed(words: readonly string[]): Completion {
  return { ...nothing, candidates: wordsOnly(words) };
}

function wordsOnly(words: readonly string[]): Candidate[] {
  return words.map((word) => ({ word }));
}

function matching(candidates: readonly Candidate[], current: string): Pick<Completion, 'candidates'> {
  return { candidates: candidates.filter(({ word }) => word.startsWith(current)) };
}

/** Of the rest of a word, for the whole word. */
function after(start: string, { candidates, files: path }: Completion): Completion {
  return {
    candidates: candidates.map((each) => ({ ...each, word: start + each.word })),
    files: path === undefined ? undefined : start + path,
  };
}
