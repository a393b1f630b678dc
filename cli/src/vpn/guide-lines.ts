// `livectl vpn` for a person to read.

import { printable } from '../log/printable.ts';
import { style } from '../log/style.ts';
import type { Section } from './guide-facts.ts';

/** All sections, joined; commands are on lines of their own, so that they can be copied. */
export function guideLines(title: string, sections: readonly Section[], colour: boolean): string {
  const paint = style(colour);
  const lines = [paint.dim(printable(title))];
  for (const section of sections) {
    lines.push(
      '',
      paint.name(printable(section.title)),
      ...section.text.map((line) => `  ${printable(line)}`),
    );
    for (const [index, step] of section.steps.entries()) {
      lines.push('', `  ${paint.ok(String(index + 1))}  ${paint.name(printable(step.title))}`);
      lines.push(...step.text.map((line) => `     ${printable(line)}`));
      if (step.commands.length > 0)
        lines.push('', ...step.commands.map((line) => `       ${printable(line)}`));
    }
  }
  return lines.join('\n');
}
