// Headings of --help.
import { style } from './style.ts';

/** Bold where `colour` allows it. */
export function styleOfHelp(colour: boolean): (text: string) => string {
  return style(colour).name;
}
