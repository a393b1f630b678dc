// `livectl --help`: the commands in groups; and of one command its examples, flags and details.
import type { Definition } from 'clipanion';

/** Commands by their first word, in the order of a first day. What is in none comes last. */
const groups: readonly (readonly [string, readonly string[]])[] = [
  ['Start here', ['init', 'serve', 'doctor']],
  ['Send events', ['invoke', 'trigger', 'replay']],
  ['Look', ['status', 'recordings']],
  ['Private networks', ['tunnel', 'vpn']],
];
const lastGroup = 'More';
const columns = 80;

/** `bold` marks headings. */
export function helpText(
  definitions: readonly Pick<Definition, 'usage' | 'description'>[],
  version: string,
  bold: (text: string) => string,
): string {
  const commands = definitions
    .filter(({ description }) => description !== undefined)
    .map(({ description = '', usage }) => ({ description, usage, word: usage.split(' ')[1] ?? '' }));
  const inGroup = (words: readonly string[]) =>
    commands
      .filter(({ word }) => words.includes(word))
      .sort(
        (one, other) =>
          words.indexOf(one.word) - words.indexOf(other.word) || (one.usage < other.usage ? -1 : 1),
      );
  const known = groups.flatMap(([, words]) => words);
  const others = commands.map(({ word }) => word).filter((word) => !known.includes(word));
  const blocks = [...groups, [lastGroup, others] as const]
    .map(([title, words]) => [title, inGroup(words)] as const)
    .filter(([, its]) => its.length > 0)
    .map(([title, its]) => {
      const lines = its.map(({ description, usage }) =>
        [`  ${usage}`, ...wrapped(description, columns - 4).map((line) => `    ${line}`)].join('\n'),
      );
      return [bold(title), ...lines].join('\n');
    });
  return [
    `livectl ${version}: live Lambda debugging for Terraform`,
    ...blocks,
    'livectl COMMAND --help shows a command’s examples and flags.\n',
  ].join('\n\n');
}

/** `path` is the command without its arguments. */
export function commandHelp(
  { description = '', details, examples = [], options, usage }: Definition,
  path: string,
  bold: (text: string) => string,
): string {
  const args = usage.slice(path.length).trim();
  const flags = [...options].map(({ definition, description: what = '' }) => ({ definition, what }));
  const width = Math.max(...flags.map(({ definition }) => definition.length), 0) + 2;
  // Not broken into lines: a terminal does that, and a search finds all of it.
  const flagLines = flags.map(({ definition, what }) => `  ${definition.padEnd(width)}${what.trim()}`);
  const exampleLines = examples.map(([label, command]) =>
    [...wrapped(label, columns - 4).map((line) => `  # ${line}`), `  ${command}`].join('\n'),
  );
  const parts = [
    wrapped(description, columns).join('\n'),
    `${bold('Usage:')} ${path} ${args === '' ? '' : `${args} `}[flags]`,
    ...(exampleLines.length === 0 ? [] : [`${bold('Examples')}\n${exampleLines.join('\n\n')}`]),
    ...(flagLines.length === 0 ? [] : [`${bold('Flags')}\n${flagLines.join('\n')}`]),
    ...(details === undefined ? [] : [`${bold('Details')}\n${details.trimEnd()}`]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function wrapped(text: string, width: number): string[] {
  // The library ends its paragraphs with a line of their own.
  const lines: string[] = [];
  for (const word of text.trim().split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 1 <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
