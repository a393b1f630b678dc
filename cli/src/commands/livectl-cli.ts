// The command line, and what its commands' definitions tell help and completion.
import { Cli, type Definition } from 'clipanion';
import { flagDescription, flagGroups } from './flag-help.ts';
import type { CommandHelp, FlagHelp } from './help-text.ts';

/** How the parser shows the value of a flag. */
const valueMark = / #\d+/g;

/** The flag that the parser adds to every command. */
const helpFlag: FlagHelp = {
  names: ['-h', '--help'],
  value: '',
  group: 'Output',
  about: 'Show this help',
};

/** A command that says itself what its arguments are: where the parser has no names for them. */
interface NamedArguments {
  readonly argumentNames?: string;
}

export class LivectlCli extends Cli {
  /** All commands but hidden ones, as help shows them and completion offers them. */
  commands(): CommandHelp[] {
    return this.definitions().map((definition) => this.#helpOf(definition));
  }

  #helpOf({ description = '', details = '', examples = [], options, path, usage }: Definition): CommandHelp {
    const commandClass = [...this.registrations.keys()].find(({ paths = [] }) =>
      paths.some((words) => [this.binaryName, ...words].join(' ') === path),
    );
    const { argumentNames } = (commandClass ?? {}) as NamedArguments;
    const flags = options.map(({ definition, description: described = '' }): FlagHelp => {
      const names = definition.replace(valueMark, '').split(',');
      return { names, ...flagDescription(described) };
    });
    return {
      words: path.split(' ').slice(1),
      args: argumentNames ?? usage.slice(path.length).trim(),
      about: description.trim(),
      examples: examples.map(([what, line]) => [what.trim(), line]),
      flags: flagGroups.flatMap((title) => [...flags, helpFlag].filter(({ group }) => group === title)),
      details: details
        .split('\n\n')
        .map((paragraph) => paragraph.replaceAll('\n', ' ').trim())
        .filter((paragraph) => paragraph !== ''),
    };
  }
}
