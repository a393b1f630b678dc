// `livectl --help`: the commands in groups; and of one command its examples, flags and details. In 80 columns.
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
  definitions: readonly Pick<Definition, 'path' | 'description'>[],
  version: string,
  bold: (text: string) => string,
): string {
  const commands = definitions
    .filter(({ description }) => description !== undefined)
    .map(({ description = '', path }) => ({ name: path.replace(/^livectl /, ''), description }));
  const indexOf = (name: string) => groups.findIndex(([, words]) => words.includes(name.split(' ')[0] ?? ''));
  const inGroup = (index: number) => {
    const words = groups[index]?.[1] ?? [];
    const place = (name: string) => words.indexOf(name.split(' ')[0] ?? '');
    return commands
      .filter(({ name }) => indexOf(name) === index)
      .sort((one, other) => place(one.name) - place(other.name) || (one.name < other.name ? -1 : 1));
  };
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2;
  const blocks = [
    ...groups.map(([title], index) => [title, inGroup(index)] as const),
    [lastGroup, inGroup(-1)] as const,
  ]
    .filter(([, its]) => its.length > 0)
    .map(([title, its]) => {
      const lines = its.map(({ description, name }) => {
        const [first = '', ...more] = wrapped(description, columns - width - 2);
        return [`  ${name.padEnd(width)}${first}`, ...more.map((line) => ' '.repeat(width + 2) + line)].join(
          '\n',
        );
      });
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
  const width = Math.min(24, Math.max(...flags.map(({ definition }) => definition.length), 0) + 2);
  const flagLines = flags.map(({ definition, what }) => {
    const lines = wrapped(what, columns - width - 2);
    const head =
      definition.length + 2 > width
        ? [`  ${definition}`]
        : [`  ${definition.padEnd(width)}${lines.shift() ?? ''}`];
    return [...head, ...lines.map((line) => ' '.repeat(width + 2) + line)].join('\n');
  });
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
