// The values of cookies; their names and attributes stay, since they show what the browser sent.
import { type Edit, masked } from './edits.ts';

const attributes = /^(?:path|domain|expires|max-age|samesite)$/i;

/** Of `Cookie` and `Set-Cookie` headers: `text` from `start` to `end`. */
export function cookieEdits(text: string, start: number, end: number): Edit[] {
  const edits: Edit[] = [];
  let at = start;
  for (const part of text.slice(start, end).split(';')) {
    const partEnd = at + part.length;
    const equals = part.indexOf('=');
    const isAttribute = attributes.test((equals < 0 ? part : part.slice(0, equals)).trim());
    const isFlag = /^(?:secure|httponly|partitioned)?$/i.test(part.trim());
    if (!isAttribute && !isFlag && equals + 1 < part.length) edits.push(masked(at + equals + 1, partEnd));
    at = partEnd + 1;
  }
  return edits;
}
