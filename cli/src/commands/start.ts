// `livectl` alone: where to begin.
import { style } from '../log/style.ts';
import { helpWidth } from './help-text.ts';
import { rows, wrapped } from './text-layout.ts';

const steps = [
  ['livectl init', 'write livectl.json from your Terraform code'],
  ['livectl serve --local', 'run its functions here, without an AWS account'],
  ['livectl serve --stage NAME', 'answer the invocations of a stage on AWS'],
  ['livectl doctor', 'check what is missing'],
  ['livectl --help', 'list all commands'],
] as const;

/** For a terminal of `columns`; undefined: no terminal. */
export function startText(columns: number | undefined, colour: boolean): string {
  const paint = style(colour);
  const width = helpWidth(columns);
  const [title = '', ...more] = wrapped('livectl: live Lambda debugging for Terraform', width);
  const heading = [title.replace('livectl', paint.name('livectl')), ...more];
  return [...heading, '', ...rows(steps, { width, paint: paint.ok })].join('\n');
}
