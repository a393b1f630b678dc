// Reads a Terraform type constraint, e.g. `map(object({ runtime = string, timeout = optional(number, 3) }))`. A field's
// comment stands above it.

/**
 * @typedef {{ kind: 'string' | 'number' | 'bool' }} Primitive
 * @typedef {{ kind: 'list' | 'map', of: Type }} Collection
 * @typedef {{ name: string, type: Type, optional: boolean, byDefault?: string, comment?: string }} Field
 * @typedef {Primitive | Collection | { kind: 'object', fields: Field[] }} Type
 */

/** @param {string} expression @returns {Type} */
export function parseType(expression) {
  const tokens = [...expression.matchAll(/#.*|"(?:\\.|[^"\\])*"|[\w.]+|[^\s\w]/g)].map(([token]) => token);
  let next = 0;

  /** @param {string} token */
  function expect(token) {
    if (tokens[next] !== token) {
      throw new Error(`expected ${token} but found ${tokens[next] ?? 'the end'} in the type ${expression}`);
    }
    next += 1;
  }

  /** @returns {Type} */
  function type() {
    const kind = tokens[next++];
    switch (kind) {
      case 'string':
      case 'number':
      case 'bool':
        return { kind };
      case 'list':
      case 'set':
      case 'map': {
        expect('(');
        const of = type();
        expect(')');
        return { kind: kind === 'map' ? 'map' : 'list', of };
      }
      case 'object': {
        expect('(');
        expect('{');
        const fields = [];
        while (tokens[next] !== '}') fields.push(field());
        expect('}');
        expect(')');
        return { kind, fields };
      }
      default:
        throw new Error(`there is no TypeScript type for ${kind ?? 'nothing'} in the type ${expression}`);
    }
  }

  /** @returns {Field} */
  function field() {
    const comments = [];
    while (tokens[next]?.startsWith('#')) comments.push(tokens[next++]?.slice(1).trim());
    const name = tokens[next++] ?? '';
    expect('=');
    const optional = tokens[next] === 'optional';
    if (!optional) return separated({ name, type: type(), optional }, comments);
    next += 1;
    expect('(');
    const of = type();
    const byDefault = tokens[next] === ',' ? defaultValue() : undefined;
    expect(')');
    return separated(
      { name, type: of, optional, ...(byDefault === undefined ? {} : { byDefault }) },
      comments,
    );
  }

  /** @param {Field} found @param {readonly (string | undefined)[]} comments */
  function separated(found, comments) {
    if (tokens[next] === ',') next += 1;
    return comments.length === 0 ? found : { ...found, comment: comments.join(' ') };
  }

  /** Everything up to the bracket that closes `optional(`. */
  function defaultValue() {
    const start = ++next;
    for (let depth = 0; depth > 0 || tokens[next] !== ')'; next += 1) {
      const token = tokens[next] ?? '';
      if (token === '') throw new Error(`a bracket is not closed in the type ${expression}`);
      if ('([{'.includes(token)) depth += 1;
      if (')]}'.includes(token)) depth -= 1;
    }
    return tokens.slice(start, next).join('');
  }

  const found = type();
  if (next < tokens.length) throw new Error(`${tokens[next]} is left over in the type ${expression}`);
  return found;
}
