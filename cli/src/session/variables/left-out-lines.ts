// [4] The lines of a .env file that dotenv passes over without a word, though they are neither empty nor comments.

const assignment = /^[ \t]*(?:export[ \t]+)?[\w.-]+(?:[ \t]*=|:[ \t])[ \t]*/;
const nothing = /^\s*(?:#.*)?$/;
const quotes = new Set(['"', "'", '`']);

/** Their numbers, from 1. Lines within a quoted value belong to it. */
export function linesLeftOut(text: string): number[] {
  const lines = text.split(/\r\n|\n|\r/);
  const left: number[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    if (nothing.test(line)) continue;
    const start = assignment.exec(line)?.[0];
    if (start === undefined) left.push(index + 1);
    else index += furtherLines(lines, index, line.slice(start.length));
  }
  return left;
}

/** How many lines the value has after its first one: none without a closing quote, or with text after it. */
function furtherLines(lines: readonly string[], index: number, value: string): number {
  const quote = value.charAt(0);
  if (!quotes.has(quote)) return 0;
  // Every line that opens a quote has one, so no line is looked at more than once for each kind.
  let rest = value.slice(1);
  for (let further = 0; ; further++) {
    const end = closingAt(rest, quote);
    if (end !== undefined) return nothing.test(rest.slice(end + 1)) ? further : 0;
    const next = lines[index + further + 1];
    if (next === undefined) return 0;
    rest = next;
  }
}

function closingAt(text: string, quote: string): number | undefined {
  for (let at = text.indexOf(quote); at >= 0; at = text.indexOf(quote, at + 1))
    if (text[at - 1] !== '\\') return at;
  return undefined;
}
