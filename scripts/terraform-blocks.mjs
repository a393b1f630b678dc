// Reads the blocks of a .tf file as `terraform fmt` leaves them: enough for variables.tf and outputs.tf.

/** Top-level blocks of one kind. @param {string} text @param {string} kind */
export function blocks(text, kind) {
  const found = [...text.matchAll(new RegExp(`^${kind} "(\\w+)" \\{\\n([\\s\\S]*?)^\\}`, 'gm'))];
  return found.map(([, name = '', body = '']) => ({ name, body }));
}

/** The expression of an argument, on one line or until its brackets close. @param {string} body @param {string} name */
export function argument(body, name) {
  const start = new RegExp(`^ {2}${name} += `, 'm').exec(body);
  if (!start) return undefined;
  const lines = body.slice(start.index + start[0].length).split('\n');
  let depth = 0;
  const taken = [];
  for (const line of lines) {
    taken.push(line);
    // Brackets in texts and comments don't count.
    for (const character of line.replace(/"(?:\\.|[^"\\])*"|#.*/g, '')) {
      if ('([{'.includes(character)) depth += 1;
      if (')]}'.includes(character)) depth -= 1;
    }
    if (depth === 0) return taken.join('\n');
  }
  throw new Error(`the brackets of ${name} don't close`);
}

/** @param {{ name: string, body: string }} block */
export function description({ name, body }) {
  const text = argument(body, 'description');
  if (text === undefined) throw new Error(`${name} has no description`);
  return JSON.parse(text);
}
