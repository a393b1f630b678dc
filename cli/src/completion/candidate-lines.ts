// What the scripts of the shells ask, and the lines that answer them.
import { type Candidate, type CompletedCommand, complete } from './candidates.ts';
import { argumentsOf, typedLine } from './shell-word.ts';

/** What reaches a shell as it is: the characters of names, flags and keys. */
const plainWord = /^[\w./@=-][\w./@:=-]{0,255}$/;
const mostCandidates = 2000;
/** Longer lines are not completed. */
const mostCharacters = 100_000;

/**
 * A line for each candidate: the word, a tab and a description. `:files` asks for files; what follows a tab after it stands before
 * the path in the word that is completed.
 *
 * `asked` is one of
 *     -- WORD...             the words up to the cursor, without quotes
 *     --typed -- WORD...     the same, with the last one as it was typed: its quotes may be open
 *     --bash LINE REPLACED   the line up to the cursor; what bash will replace, which is less than a word after `=`, `:` or a quote
 */
export async function candidateLines(
  commands: readonly CompletedCommand[],
  asked: readonly string[],
): Promise<string[]> {
  const [mode, ...rest] = asked;
  if (asked.join('').length > mostCharacters) return [];
  if (mode === '--bash') {
    const [line = '', replaced = ''] = rest;
    const { current, words } = typedLine(line);
    const kept = current.endsWith(replaced) ? current.slice(0, current.length - replaced.length) : '';
    return lines(commands, [...argumentsOf(words), current], kept);
  }
  const words = rest[0] === '--' ? rest.slice(1) : rest;
  if (mode === '--typed') {
    const { current } = typedLine(words.at(-1) ?? '');
    return lines(commands, [...words.slice(0, -1), current], '');
  }
  return lines(commands, mode === '--' ? rest : asked, '');
}

/** `kept` is the beginning of the last word that stays as it is. */
async function lines(
  commands: readonly CompletedCommand[],
  words: readonly string[],
  kept: string,
): Promise<string[]> {
  const { candidates, files } = await complete(commands, words);
  const found = candidates
    .filter(({ word }) => plainWord.test(word))
    .slice(0, mostCandidates)
    .flatMap((candidate) => lineOf(candidate, kept));
  if (files === undefined) return found;
  const before = files.startsWith(kept) ? files.slice(kept.length) : '';
  // A prefix that needs quotes is longer on the line than here.
  if (before === '') return [...found, ':files'];
  return plainWord.test(before) ? [...found, `:files\t${before}`] : found;
}

function lineOf({ about, word }: Candidate, kept: string): string[] {
  if (!word.startsWith(kept)) return [];
  const rest = word.slice(kept.length);
  return rest === '' ? [] : [about === undefined ? rest : `${rest}\t${oneLine(about)}`];
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 120);
}
