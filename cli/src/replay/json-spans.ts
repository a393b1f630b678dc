// Where the values of a JSON text begin and end, so that one can be replaced and all others keep every digit and escape.
import { afterSpace, endOfString } from '../recordings/json-tokens.ts';

/** From `start` up to `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Of valid JSON: the whole value, without spaces around it. */
export function wholeSpan(text: string): Span {
  const start = afterSpace(text, 0);
  return { start, end: endOfValue(text, start) };
}

/** The members of the object that begins at `start`, in order. Of two with the same name the later one counts, as for JSON.parse. */
export function memberSpans(text: string, start: number): ReadonlyMap<string, Span> {
  const members = new Map<string, Span>();
  for (let at = afterSpace(text, start + 1); text[at] === '"'; ) {
    const end = endOfString(text, at);
    const name = JSON.parse(text.slice(at, end)) as string;
    const value = afterSpace(text, afterSpace(text, end) + 1);
    const span = { start: value, end: endOfValue(text, value) };
    members.set(name, span);
    at = afterComma(text, span.end);
  }
  return members;
}

/** The items of the array that begins at `start`. */
export function itemSpans(text: string, start: number): readonly Span[] {
  const items: Span[] = [];
  for (let at = afterSpace(text, start + 1); at < text.length && text[at] !== ']'; ) {
    const span = { start: at, end: endOfValue(text, at) };
    items.push(span);
    at = afterComma(text, span.end);
  }
  return items;
}

/** The text with another one in that place. */
export function replaced(text: string, { end, start }: Span, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}

function afterComma(text: string, from: number): number {
  const at = afterSpace(text, from);
  return text[at] === ',' ? afterSpace(text, at + 1) : at;
}

/** Not recursive, since values may be nested deeper than the stack. */
function endOfValue(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; ) {
    const character = text[at] ?? '';
    if (character === '"') at = endOfString(text, at);
    else if (character === '{' || character === '[') {
      depth += 1;
      at += 1;
      continue;
    } else if (character === '}' || character === ']') {
      if (depth === 0) return at;
      depth -= 1;
      at += 1;
    } else if (depth === 0) {
      while (at < text.length && !' \n\r\t,]}'.includes(text[at] ?? '')) at += 1;
      return at;
    } else {
      at += 1;
      continue;
    }
    if (depth === 0) return at;
  }
  return text.length;
}
