// What `livectl init` prints: for people, or as events in JSON.
import { eventLine } from '../log/json-lines.ts';
import { type OutputFormat, processOutput } from '../log/output.ts';
import { printable } from '../log/printable.ts';
import { style } from '../log/style.ts';
import type { FoundFunction } from './found-function.ts';
import type { ServedFunction } from './manifest-text.ts';
import type { ProposedCode } from './terraform-code.ts';

/** A file as `init` would write it. */
export interface WantedText {
  readonly name: string;
  readonly text: string;
  /** What the file has now; undefined if it does not exist. */
  readonly before: string | undefined;
}

/** Takes each thing that `init` has to report, in the order in which it finds or does it. */
export interface InitView {
  found(served: ServedFunction): void;
  leftOut(found: FoundFunction, why: string): void;
  notice(message: string): void;
  proposed(text: WantedText): void;
  written(file: string, change: 'created' | 'changed' | 'unchanged'): void;
  code(code: ProposedCode): void;
}

/** Of standard output. */
export function initView(format: OutputFormat): InitView {
  return format === 'json' ? jsonView() : prettyView();
}

function jsonView(): InitView {
  const write = (event: object) => processOutput.line(eventLine(event));
  return {
    found: ({ entry, found, key, source }) =>
      write({
        event: 'found',
        function: key,
        address: found.address,
        file: source.file,
        settings: entry,
        left_out_variables: found.leftOutVariables,
      }),
    leftOut: ({ address, name }, reason) => write({ event: 'left_out', function: name, address, reason }),
    notice: (message) => write({ event: 'notice', message }),
    proposed: () => undefined,
    written: (file, change) => write({ event: 'written', file, change }),
    code: ({ byHand, diff }) => write({ event: 'terraform', diff: diff.join('\n'), by_hand: byHand }),
  };
}

function prettyView(): InitView {
  const paint = style(processOutput.colour);
  const say = (text: string) => processOutput.line(text);
  return {
    found({ found, isWrapped, key, source }) {
      const how = isWrapped ? ', wrapped' : found.block === undefined ? '' : ', replaced while live';
      say(`${paint.ok('✓')} ${printable(`${key}  ${source.file}  ${found.runtime}${how}`)}`);
      if (!source.hasExport)
        say(
          paint.dim(
            printable(`    ${source.file} has no ${found.handler.split('.').at(-1)}: check the handler`),
          ),
        );
      if (found.leftOutVariables.length > 0)
        say(
          paint.dim(
            printable(
              `    not written, since they look secret or only AWS knows them: ${found.leftOutVariables.slice(0, 20).join(', ')}; for serve --local put them into .env`,
            ),
          ),
        );
    },
    leftOut: ({ address }, why) => say(`${paint.bad('✗')} ${printable(`${address}: ${why}`)}`),
    notice: (message) => say(printable(`· ${message}`)),
    proposed({ before, name, text }) {
      const old = new Set((before ?? '').split('\n'));
      say('');
      say(paint.name(printable(`${name}${before === undefined ? ', new' : ''}`)));
      for (const line of text.trimEnd().split('\n')) {
        const isNew = before === undefined || !old.has(line);
        say(isNew ? paint.ok(printable(`+ ${line}`)) : printable(`  ${line}`));
      }
      say('');
    },
    written: (file, change) => say(printable(`${change} ${file}`)),
    code({ byHand, diff }) {
      say('');
      say(paint.name('Terraform code to add, e.g. with `git apply`; it is written nowhere:'));
      say('');
      for (const line of diff)
        say(
          line.startsWith('+')
            ? paint.ok(printable(line))
            : line.startsWith('-')
              ? paint.bad(printable(line))
              : printable(line),
        );
      for (const line of byHand) say(printable(`· ${line}`));
      say('');
      say(
        printable(
          `Next: livectl serve --local, or with this code terraform apply -var live=true and livectl serve --stage dev.`,
        ),
      );
    },
  };
}
