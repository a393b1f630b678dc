// Reads the blocks of a .tf file as `terraform fmt` leaves them: enough for variables.tf and outputs.tf.

/** Top-level blocks of one kind. @param {string} text @param {string} kind */
export function blocks(text, kind) {
  const found = [...text.matchAll(new RegExp(`^${kind} "(\\w+)" \\{\\n([\\s\\S]*?)^\\}`, 'gm'))];
  return found.map(([, name = '', body = '']) => ({ name, body }));
}

/**
 * The expression of an argument: on one line, until its brackets close, or a heredoc to its end.
 * @param {string} body @param {string} name
 */
export function argument(body, name) {
  const start = new RegExp(`^ {2}${name} += `, 'm').exec(body);
  if (!start) return undefined;
  const lines = body.slice(start.index + start[0].length).split('\n');
  const [, heredocEnd] = /^<<-(\w+)$/.exec(lines[0] ?? '') ?? [];
  let depth = 0;
  const taken = [];
  for (const line of lines) {
    taken.push(line);
    if (heredocEnd !== undefined) {
      if (line.trim() === heredocEnd) return taken.join('\n');
      continue;
    }
    // Brackets in strings and comments don't count.
    for (const character of line.replace(/"(?:\\.|[^"\\])*"|#.*/g, '')) {
      if ('([{'.includes(character)) depth += 1;
      if (')]}'.includes(character)) depth -= 1;
    }
    if (depth === 0) return taken.join('\n');
  }
  throw new Error(`the end of ${name} was not found`);
}

/** As one line: the lines of a heredoc are one paragraph. @param {{ name: string, body: string }} block */
export function description({ name, body }) {
  const text = argument(body, 'description');
  if (text === undefined) throw new Error(`${name} has no description`);
  if (!text.startsWith('<<-')) return JSON.parse(text);
  const paragraph = text
    .split('\n')
    .slice(1, -1)
    .map((line) => line.trim());
  if (paragraph.includes('')) throw new Error(`the description of ${name} must be one paragraph`);
  return paragraph.join(' ');
}
