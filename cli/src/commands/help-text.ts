// `livectl --help`: the commands in groups; and of one command its examples, flags in groups, and details.
import type { FlagGroup } from './flag-help.ts';
import { rows, shellLines, wrapped } from './text-layout.ts';

/** A flag as help shows it and completion offers it. */
export interface FlagHelp {
  /** Short ones first. */
  readonly names: readonly string[];
  /** What its value is called: `''` of a flag without one, `[=PORT]` where it may be left out. */
  readonly value: string;
  readonly group: FlagGroup;
  readonly about: string;
}

/** A command as help shows it and completion offers it. */
export interface CommandHelp {
  /** Without `livectl`: `['vpn', 'certificates']`. */
  readonly words: readonly string[];
  /** `<function>`; `''` of a command without arguments. */
  readonly args: string;
  readonly about: string;
  /** What each does, and its command line. */
  readonly examples: readonly (readonly [string, string])[];
  /** In the order of their groups. */
  readonly flags: readonly FlagHelp[];
  /** Paragraphs. */
  readonly details: readonly string[];
}

/** How help is shown. */
export interface HelpStyle {
  /** Columns of a line. */
  readonly width: number;
  /** Marks headings. */
  readonly bold: (text: string) => string;
}

/** Commands by their first word, in the order of a first day. What is in none comes last. */
const groups: readonly (readonly [string, readonly string[]])[] = [
  ['Start here', ['init', 'serve', 'doctor']],
  ['Send events', ['invoke', 'trigger', 'replay']],
  ['Look', ['status', 'recordings']],
  ['Private networks', ['tunnel', 'vpn']],
];
const lastGroup = 'More';

const most = 80;
const least = 40;

/** The width of help where stdout has `columns`, or is no terminal. */
export function helpWidth(columns: number | undefined): number {
  return Math.max(least, Math.min(most, columns ?? most));
}

/** The list of all commands. */
export function helpText(
  commands: readonly CommandHelp[],
  version: string,
  { bold, width }: HelpStyle,
): string {
  const inGroup = (firstWords: readonly string[]) =>
    commands
      .filter(({ words: [word = ''] }) => firstWords.includes(word))
      .sort(
        (one, other) =>
          firstWords.indexOf(one.words[0] ?? '') - firstWords.indexOf(other.words[0] ?? '') ||
          (usageOf(one) < usageOf(other) ? -1 : 1),
      );
  const known = groups.flatMap(([, words]) => words);
  const others = commands.map(({ words: [word = ''] }) => word).filter((word) => !known.includes(word));
  const blocks = [...groups, [lastGroup, others] as const]
    .map(([title, words]) => [title, inGroup(words)] as const)
    .filter(([, its]) => its.length > 0)
    .map(([title, its]) => [
      bold(title),
      ...rows(
        its.map(({ about, words }) => [words.join(' '), about]),
        { width, nameWidth: Math.max(...commands.map(({ words }) => words.join(' ').length)) },
      ),
    ]);
  return `${[
    wrapped(`livectl ${version}: live Lambda debugging for Terraform`, width),
    [`${bold('Usage:')} livectl COMMAND [arguments] [flags]`],
    ...blocks,
    wrapped('livectl help COMMAND shows a command’s examples and flags.', width),
  ]
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** The help of one command. */
export function commandHelp(command: CommandHelp, { bold, width }: HelpStyle): string {
  const examples = command.examples.map(([what, line]) =>
    [
      ...wrapped(what, width - 4).map((text) => `  # ${text}`),
      ...indented(shellLines(line, width - 2), 2),
    ].join('\n'),
  );
  const titles = [...new Set(command.flags.map(({ group }) => group))];
  const flags = titles.map((title) => {
    const its = command.flags.filter(({ group }) => group === title);
    return [bold(title), ...rows(its.map(flagRow), { width })].join('\n');
  });
  const details = command.details.map((paragraph) => wrapped(paragraph, width).join('\n')).join('\n\n');
  const parts = [
    wrapped(command.about, width).join('\n'),
    wrapped(`${usageOf(command)} [flags]`, width - 'Usage: '.length)
      .map((line, index) => `${index === 0 ? `${bold('Usage:')} ` : '       '}${line}`)
      .join('\n'),
    ...(examples.length === 0 ? [] : [`${bold('Examples')}\n${examples.join('\n\n')}`]),
    ...flags,
    ...(details === '' ? [] : [`${bold('Details')}\n${details}`]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function usageOf({ args, words }: CommandHelp): string {
  return ['livectl', ...words, ...(args === '' ? [] : [args])].join(' ');
}

function flagRow({ about, names, value }: FlagHelp): readonly [string, string] {
  const separator = value === '' || value.startsWith('[') ? '' : ' ';
  return [`${names.join(', ')}${separator}${value}`, about];
}

function indented(lines: readonly string[], by: number): string[] {
  return lines.map((line) => ' '.repeat(by) + line);
}
