// A unified diff, as `git apply` and `patch` take it, of text that is inserted into a file.

/** Text to insert at an offset. */
export interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** Lines `from` up to `to` (not included) become `lines`. */
interface Edit {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}

const contextLines = 3;
const noNewline = '\\ No newline at end of file';

/** The lines of a diff. `file` is its name with `/`; two insertions at the same offset keep their order. */
export function insertionsDiff(file: string, text: string, insertions: readonly Insertion[]): string[] {
  if (insertions.length === 0) return [];
  const endsWithNewline = text.endsWith('\n');
  const lines = (endsWithNewline ? text.slice(0, -1) : text).split('\n');
  return unified(file, lines, editsOf(lines, insertions), !endsWithNewline);
}

/** The diff of a file that does not exist yet. */
export function newFileDiff(file: string, lines: readonly string[]): string[] {
  return [
    '--- /dev/null',
    `+++ b/${file}`,
    `@@ -0,0 +1,${lines.length} @@`,
    ...lines.map((line) => `+${line}`),
  ];
}

function editsOf(lines: readonly string[], insertions: readonly Insertion[]): Edit[] {
  const sorted = [...insertions].sort((one, other) => one.at - other.at);
  const edits: Edit[] = [];
  let start = 0;
  let next = 0;
  for (const [index, line] of lines.entries()) {
    let changed = '';
    let done = 0;
    for (
      let each = sorted[next];
      each !== undefined && each.at - start <= line.length;
      each = sorted[++next]
    ) {
      changed += line.slice(done, each.at - start) + each.text;
      done = each.at - start;
    }
    start += line.length + 1;
    if (changed === '') continue;
    const all = (changed + line.slice(done)).split('\n');
    // Whole lines before this one leave it as it is.
    if (all.at(-1) === line) edits.push({ from: index, to: index, lines: all.slice(0, -1) });
    else edits.push({ from: index, to: index + 1, lines: all });
  }
  return edits;
}

function unified(
  file: string,
  lines: readonly string[],
  edits: readonly Edit[],
  isCutOff: boolean,
): string[] {
  const hunks: Edit[][] = [];
  for (const edit of edits) {
    const last = hunks.at(-1);
    if (last !== undefined && edit.from - (last.at(-1)?.to ?? 0) <= 2 * contextLines) last.push(edit);
    else hunks.push([edit]);
  }
  let shift = 0;
  const diff = [`--- a/${file}`, `+++ b/${file}`];
  for (const hunk of hunks) {
    const from = Math.max(0, (hunk[0]?.from ?? 0) - contextLines);
    const to = Math.min(lines.length, (hunk.at(-1)?.to ?? 0) + contextLines);
    const body: string[] = [];
    const push = (sign: string, line: string, isLast: boolean) => {
      body.push(sign + line);
      if (isLast && isCutOff) body.push(noNewline);
    };
    let at = from;
    for (const edit of hunk) {
      for (; at < edit.from; at++) push(' ', lines[at] ?? '', at === lines.length - 1);
      const isLast = edit.to === lines.length && edit.from < edit.to;
      for (; at < edit.to; at++) push('-', lines[at] ?? '', at === lines.length - 1);
      for (const [index, line] of edit.lines.entries())
        push('+', line, isLast && index === edit.lines.length - 1);
    }
    for (; at < to; at++) push(' ', lines[at] ?? '', at === lines.length - 1);
    const count = (sign: string) => body.filter((line) => line[0] === ' ' || line[0] === sign).length;
    const [removed, added] = [count('-'), count('+')];
    diff.push(`@@ -${from + 1},${removed} +${from + 1 + shift},${added} @@`, ...body);
    shift += added - removed;
  }
  return diff;
}
