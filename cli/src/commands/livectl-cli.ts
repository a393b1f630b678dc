// The command line as --help shows it: our own words, examples before flags, and values of flags as a word.
import { Cli, type Command, type CommandClass } from 'clipanion';
import { styleOfHelp } from '../log/help-style.ts';
import { commandHelp, helpText } from './help-text.ts';

/** How the parser shows the value of a flag. */
const valueMark = /#\d+/g;

export class LivectlCli extends Cli {
  /** Without `asked`, as for the list of commands, the usage has no flags. */
  protected override getUsageByIndex(
    index: number,
    asked: { detailed?: boolean; inlineOptions?: boolean } = { inlineOptions: false },
  ) {
    const { options, usage } = super.getUsageByIndex(index, asked);
    return {
      usage: usage.replace(valueMark, 'VALUE'),
      options: options.map((option) => ({
        ...option,
        definition: option.definition.replace(valueMark, 'VALUE'),
      })),
    };
  }

  /** Of one command, or the list of all. */
  override usage(
    command: CommandClass | Command | null = null,
    asked: { colored?: boolean; detailed?: boolean; prefix?: string } = {},
  ): string {
    const bold = styleOfHelp(asked.colored ?? this.enableColors ?? false);
    const definitions = this.definitions();
    if (command === null) return helpText(definitions, this.binaryVersion ?? '', bold);
    const { paths } = ('paths' in command ? command : command.constructor) as CommandClass;
    const path = [this.binaryName, ...(paths?.[0] ?? [])].join(' ');
    const definition = definitions.find((each) => each.path === path || each.path.startsWith(`${path} `));
    return definition === undefined ? super.usage(command, asked) : commandHelp(definition, path, bold);
  }
}
