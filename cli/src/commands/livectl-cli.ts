// The command line as --help shows it: values of flags as a word, and no flags in the list of commands.
import { Cli } from 'clipanion';

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
}
