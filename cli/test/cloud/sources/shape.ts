// Compares an event with AWS's documented sample: the same fields everywhere, each of the same type.

/** Field paths with the kind of their value, sorted, e.g. `Records[0].Sns.Subject: string`. */
export function shapeOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((each, index) => shapeOf(each, `${path}[${index}]`));
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .flatMap(([name, each]) => shapeOf(each, path === '' ? name : `${path}.${name}`))
      .sort();
  }
  return [`${path}: ${value === null ? 'null' : typeof value}`];
}
