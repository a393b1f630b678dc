// `--as NAME`: the mark of a developer on what is published, as a member of W3C `baggage`, which `serve --only baggage:dev=NAME`
// finds. https://www.w3.org/TR/baggage/
import { type Given, wrong } from '../given.ts';

/** The header, and the attribute of a message. */
export const baggageName = 'baggage';

/** W3C baggage: a list may have 8,192 bytes. */
const longestName = 256;

/** `baggage` with the mark behind what was `given` for it; undefined where there is neither. Throws LD_CONFIG. */
export function markedBaggage(given: Given, own: string | undefined): string | undefined {
  const name = given.text('as');
  if (name === undefined) return own;
  if (name.trim() === '' || name.length > longestName || /\p{Surrogate}/u.test(name))
    throw wrong(`--as must be a name of 1 to ${longestName} characters`, 'write it as in --as tom');
  const mark = `dev=${encodeURIComponent(name)}`;
  return own === undefined || own.trim() === '' ? mark : `${own},${mark}`;
}
